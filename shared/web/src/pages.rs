//! The pages, one file each, and the frame around them.

pub(crate) mod entry;
pub(crate) mod index;
pub(crate) mod scope;

use askama::Template;
use axum::response::{Html, IntoResponse, Response};
use http::header::CONTENT_TYPE;

use crate::guard::Visitor;
use crate::reading::Reading;

/// The style of the frame; that of the article is the report's own.
const FRAME_STYLE: &str = include_str!("../templates/frame.css");

/// What stands around every page.
pub(crate) struct Frame {
    /// Of the page, for the browser's tab.
    pub(crate) title: String,
    /// What the node calls itself.
    pub(crate) place: String,
    /// Who is in, with the token of the form that leads out.
    pub(crate) visitor: Option<(String, String)>,
    /// The way here from the top: names and addresses.
    pub(crate) way: Vec<(String, String)>,
}

impl Frame {
    /// Around a page that anybody sees.
    pub(crate) fn outside(reading: &dyn Reading, title: &str) -> Self {
        Self {
            title: title.to_owned(),
            place: reading.title(),
            visitor: None,
            way: Vec::new(),
        }
    }

    /// Around a page for whoever is in.
    pub(crate) fn inside(reading: &dyn Reading, visitor: &Visitor, title: &str, way: Vec<(String, String)>) -> Self {
        let visitor = Some((visitor.name.clone(), visitor.secret.form_token()));
        Self {
            visitor,
            way,
            ..Self::outside(reading, title)
        }
    }
}

/// A page as the answer.
pub(crate) fn shown(page: &impl Template) -> Html<String> {
    Html(page.render().expect("our templates write to memory and cannot fail"))
}

/// The style sheet.
pub(crate) async fn style() -> Response {
    let kind = [(CONTENT_TYPE, "text/css; charset=utf-8")];
    (kind, format!("{}\n{FRAME_STYLE}", report::html::STYLE)).into_response()
}
