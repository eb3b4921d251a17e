//! What the rollup answers, on a small invented federation: laws over random sheets, tables of states and coverage.

mod coverage;
mod explained;
mod laws;
mod membership;
mod overlap;
mod states;
mod stock;
mod world;
