//! How often what the report says of made-up results is true: the tables of docs/statistics.md.
//!
//! `just simulate` runs as many experiments as the page states and prints the tables; the page must
//! hold every row. Without `TITER_SIMULATIONS`, as in `just test`, a few experiments a row check
//! that the page's figures are possible.

mod rates;
mod tables;
mod world;
