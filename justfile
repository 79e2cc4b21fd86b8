# Short names for what README.md and .ci/run do.

# the main job, against the pretend vendors
demo *arguments:
    cargo run --release --bin amz -- demo {{arguments}}

# all tests
test:
    cargo test --workspace

# everything that must pass before a change lands
check:
    .ci/run

# rewrite the stored expectations after a deliberate change, then look at the difference
golden:
    GOLDEN=update INSTA_UPDATE=always cargo test --workspace
