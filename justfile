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

# what the design promises, measured: one table per bench (docs/PERFORMANCE.md); `just bench --quick` for a first look
bench *arguments:
    cargo bench -p amz-app --bench intake -- {{arguments}}
    cargo bench -p amz-app --bench start -- {{arguments}}
    cargo build --release --bin amz-sync
    cargo bench -p amz-app --bench event_to_netsuite -- {{arguments}}
    cargo bench -p amz-app --bench vendor_calls -- {{arguments}}
    cargo bench -p amz-store --bench backlog -- {{arguments}}
    cargo bench -p amz-app --bench scale_out -- {{arguments}}
