//! Tests of the configuration.

mod cases;
mod documentation;
mod faults;
mod overrides;
mod run_time;
mod samples;
mod secrets;
mod stock;
mod values;
