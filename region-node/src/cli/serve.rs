//! `region-node serve`: its arguments, and the settings that follow from them. The life of the process is in `main`.

use std::net::SocketAddr;

use clap::Args;
use runtime::Exit;
use web::settings::Listen;

use super::{Failure, Lang, Place, Voice};
use crate::config::Config;

/// Arguments of `serve`.
#[derive(Debug, Args)]
pub struct ServeArgs {
    #[command(flatten)]
    place: Place,
    /// Адрес, на котором узел принимает обращения (порт 0: любой свободный)
    #[arg(long, value_name = "ADDR", env = "REGION_NODE_LISTEN")]
    listen: Option<String>,
    /// Адрес страниц в браузере, или off (порт 0: любой свободный)
    #[arg(long, value_name = "ADDR", env = "REGION_NODE_PAGES")]
    pages: Option<String>,
}

impl ServeArgs {
    /// The node's directory.
    pub fn dir(&self) -> &std::path::Path {
        &self.place.dir
    }

    /// The settings: flag over environment over file over default.
    pub fn config(&self) -> Result<Config, Failure> {
        let mut config = Config::load(&self.place.dir).map_err(|e| Failure::new(Exit::Configuration, e.to_string()))?;
        if let Some(listen) = &self.listen {
            config.listen.clone_from(listen);
        }
        if let Some(pages) = &self.pages {
            config.pages.listen = Listen::parse(pages);
        }
        Ok(config)
    }
}

/// The line that says that the node is there, for a person or for a program that waits for it.
pub fn announcement(
    node: &str,
    address: &str,
    (admin, pages): (Option<SocketAddr>, Option<&str>),
    voice: Voice,
) -> String {
    if voice.json {
        return serde_json::json!({
            "schema": "region-node.serving/1",
            "node": node,
            "listen": address,
            "admin": admin,
            "pages": pages,
        })
        .to_string();
    }
    let shown = |words: &str| {
        pages
            .map(|pages| format!("; {words} https://{pages}/"))
            .unwrap_or_default()
    };
    match voice.lang {
        Lang::Ru => format!(
            "Узел {node} работает, обращения принимает на {address}{}",
            shown("страницы:")
        ),
        Lang::En => format!(
            "Node {node} is up and takes incidents in at {address}{}",
            shown("pages:")
        ),
    }
}
