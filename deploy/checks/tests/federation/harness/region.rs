//! One node, open, and the operator's way to it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use domain::{Code, Day};
use indicatif::ProgressBar;
use region_node::cli::Session;
use region_node::figures::Inquiry;
use region_node::import::{ImportPlan, ImportSummary, Profile, run_import};
use region_node::node::{Node, PushError, Pushed};
use region_node::status::Status;
use report::Format;
use runtime::{SeededRandom, SharedClock};

use super::{Row, rows_file, until};

/// The node, its clock and its directory.
pub struct Region {
    pub node: Arc<Node>,
    clock: SharedClock,
    dir: PathBuf,
    session: Session,
}

impl Region {
    pub(super) fn new(node: Arc<Node>, clock: SharedClock, dir: PathBuf) -> Self {
        let session = Session::within(&node);
        Self {
            node,
            clock,
            dir,
            session,
        }
    }

    /// The operator's way to the node.
    pub fn channel(&self) -> tonic::transport::Channel {
        self.session.channel()
    }

    /// Imports a file of the sample's form, as of the profile's date.
    pub async fn import(&self, file: &Path) -> ImportSummary {
        self.import_plan(self.plan(file)).await
    }

    /// Imports rows as of now.
    pub async fn take_in(&self, rows: &[Row]) -> ImportSummary {
        let file = rows_file(&self.dir, "rows.csv", rows);
        let plan = ImportPlan {
            as_of: Some(self.clock.now()),
            ..self.plan(&file)
        };
        self.import_plan(plan).await
    }

    /// Imports rows of which everything of these days is there, as of now.
    pub async fn take_in_complete(&self, rows: &[Row], days: (&str, &str)) -> ImportSummary {
        let file = rows_file(&self.dir, "rows.csv", rows);
        let day = |text: &str| text.parse::<Day>().unwrap();
        let complete = Some((day(days.0), day(days.1)));
        self.import_plan(ImportPlan {
            as_of: Some(self.clock.now()),
            complete,
            ..self.plan(&file)
        })
        .await
    }

    pub fn plan(&self, file: &Path) -> ImportPlan {
        ImportPlan {
            file: file.to_owned(),
            profile: Arc::new(Profile::load("boston311").unwrap()),
            as_of: None,
            complete: None,
            dry_run: false,
            rejected: self.dir.join("rejected.csv"),
        }
    }

    pub async fn import_plan(&self, plan: ImportPlan) -> ImportSummary {
        // The moment of the import makes its id, as chance does in the product.
        let seed = self.clock.now().as_millisecond().unsigned_abs() + self.node.intake().position();
        let random = Arc::new(SeededRandom::new(seed));
        run_import(self.session.channel(), plan, random, ProgressBar::hidden())
            .await
            .unwrap()
    }

    /// Seals what changed and takes one step to the parent.
    pub async fn push(&self) -> Result<Pushed, PushError> {
        self.node.push(false).await
    }

    pub fn status(&self) -> Status {
        self.node.status()
    }

    /// The node's own report as JSON.
    pub fn report(&self, scope: &str, period: &str) -> String {
        let inquiry = Inquiry {
            scope: Code::new(scope).unwrap(),
            period: period.parse().unwrap(),
            compare: None,
            format: Format::Json,
            today: self.node.today(),
        };
        self.node.report(&inquiry).unwrap()
    }

    /// Closes the node; its directory is free afterwards.
    pub async fn close(self) {
        let Self { node, session, .. } = self;
        session.close().await;
        until("nobody holds the node", || Arc::strong_count(&node) == 1).await;
    }
}
