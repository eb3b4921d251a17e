//! The first page: what there is to read, by year.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Extension, State};
use axum::response::Html;
use domain::Period;

use super::{Frame, shown};
use crate::address;
use crate::guard::{Refusal, Visitor};
use crate::navigate::{self, Line};
use crate::site::Site;

/// Years whose quarters and months are shown.
const YEARS: i16 = 5;

#[derive(Template)]
#[template(path = "index.html", whitespace = "minimize")]
struct Index {
    frame: Frame,
    /// The scope that a reader begins with.
    name: String,
    /// The last day with data, and its page.
    last: Option<(String, String)>,
    years: Vec<Year>,
}

struct Year {
    title: String,
    href: String,
    lines: Vec<Line>,
}

/// The page.
pub(crate) async fn page(
    State(site): State<Arc<Site>>,
    Extension(visitor): Extension<Visitor>,
) -> Result<Html<String>, Refusal> {
    site.work(move |site| {
        let reading = &*site.reading;
        let federation = reading.federation()?;
        let home = reading.home(&federation);
        let extent = reading.extent();
        let years = extent.map_or_else(Vec::new, |extent| {
            let (first, last) = (extent.0.date().year(), extent.1.date().year());
            let years = (first.max(last - YEARS + 1)..=last).rev();
            let year = |year: i16| {
                let period = Period::year(year).ok()?;
                Some(Year {
                    title: report::format::for_period(&period),
                    href: address::scope(&home, period),
                    lines: navigate::lines(&home, None, extent, year).split_off(1),
                })
            };
            years.filter_map(year).collect()
        });
        let unit = federation.tree().unit(&home);
        let last = extent.map(|(_, last)| (report::format::days(last, last), address::day(&home, last)));
        Ok(shown(&Index {
            frame: Frame::inside(reading, &visitor, "Сводки", Vec::new()),
            name: unit.map_or_else(|| home.to_string(), |unit| unit.names.nominative().to_owned()),
            last,
            years,
        }))
    })
    .await
}
