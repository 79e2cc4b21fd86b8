//! Registers Amazon's schema by name, so that queries are checked against it when this crate is compiled.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    cynic_codegen::register_schema("buy_with_prime")
        .from_sdl_file("schemas/buy_with_prime.graphql")?
        .as_default()?;
    Ok(())
}
