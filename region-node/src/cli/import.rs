//! `region-node import`: a file of incidents, told to the node.

use std::io::IsTerminal as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use domain::Day;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use runtime::{Exit, SystemRandom};

use super::{Failure, Lang, Place, Session, Voice, output};
use crate::import::profile::instant;
use crate::import::run::usual_list;
use crate::import::{ImportError, ImportPlan, ImportSummary, Profile, run_import};

mod text;

/// A command that ends sooner shows no bar.
const BAR_AFTER: Duration = Duration::from_secs(1);

/// Arguments of `import`.
#[derive(Debug, Args)]
pub struct ImportArgs {
    /// Файл CSV, обычный или сжатый (.gz)
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Профиль: svodka, boston311 или файл TOML
    #[arg(long, value_name = "PROFILE")]
    profile: String,
    /// На какой момент сделана выгрузка (если в ней нет времени изменения строк)
    #[arg(long, value_name = "WHEN")]
    as_of: Option<String>,
    /// Объявить дни полными, если приняты все строки
    #[arg(long, value_name = "FROM..TO")]
    complete: Option<String>,
    /// Только показать, что изменилось бы
    #[arg(short = 'n', long)]
    dry_run: bool,
    /// Куда записать отклонённые строки (обычно FILE.rejected.csv)
    #[arg(long, value_name = "PATH")]
    rejected: Option<PathBuf>,
    #[command(flatten)]
    place: Place,
}

impl From<ImportError> for Failure {
    fn from(error: ImportError) -> Self {
        Self::new(error.exit(), error.to_string())
    }
}

/// Runs the command. A file of which nothing could be taken, or days that were asked to be declared complete and were
/// not, end it with exit 77.
pub async fn run(args: ImportArgs, voice: Voice) -> Result<(), Failure> {
    let plan = plan(&args)?;
    let session = Session::open(&args.place.dir, voice.lang).await?;
    let bar = bar(voice.lang);
    let imported = run_import(session.channel(), plan, Arc::new(SystemRandom), bar.clone()).await;
    bar.finish_and_clear();
    session.close().await;
    let summary = imported?;
    if voice.json {
        output::json(&summary)?;
    } else {
        output::document(text::text(&summary, voice.lang).as_bytes())?;
    }
    verdict(&summary, voice.lang)
}

fn plan(args: &ImportArgs) -> Result<ImportPlan, ImportError> {
    let profile = Profile::load(&args.profile)?;
    let as_of = args
        .as_of
        .as_deref()
        .map(|text| instant(text, profile.moments.zone()))
        .transpose();
    let as_of = as_of.map_err(|reason| ImportError::Argument(format!("--as-of: {reason}")))?;
    Ok(ImportPlan {
        profile: Arc::new(profile),
        as_of,
        complete: args.complete.as_deref().map(days).transpose()?,
        dry_run: args.dry_run,
        rejected: args.rejected.clone().unwrap_or_else(|| usual_list(&args.file)),
        file: args.file.clone(),
    })
}

/// `2022-12-01..2022-12-31`, or one day.
fn days(text: &str) -> Result<(Day, Day), ImportError> {
    let (from, to) = text.split_once("..").unwrap_or((text, text));
    let day = |text: &str| {
        text.parse::<Day>()
            .map_err(|error| ImportError::Argument(format!("--complete: {error}")))
    };
    let (from, to) = (day(from)?, day(to)?);
    if from > to {
        return Err(ImportError::Argument(format!(
            "--complete: {from} позже {to}; поменяйте дни местами"
        )));
    }
    Ok((from, to))
}

/// A bar that appears after a second, and only on a terminal. Needs a runtime.
fn bar(lang: Lang) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
    let template = lang.pick(
        "Загрузка {wide_bar} {bytes} из {total_bytes}, осталось {eta}",
        "Importing {wide_bar} {bytes} of {total_bytes}, {eta} left",
    );
    bar.set_style(ProgressStyle::with_template(template).expect("the template names keys that indicatif has"));
    if std::io::stderr().is_terminal() {
        let shown = bar.downgrade();
        tokio::spawn(async move {
            tokio::time::sleep(BAR_AFTER).await;
            if let Some(bar) = shown.upgrade().filter(|bar| !bar.is_finished()) {
                bar.set_draw_target(ProgressDrawTarget::stderr());
            }
        });
    }
    bar
}

fn verdict(summary: &ImportSummary, lang: Lang) -> Result<(), Failure> {
    if summary.read > 0 && summary.rejected == summary.read {
        let message = lang.say("не принята ни одна строка", "no row was taken");
        return Err(Failure::new(Exit::Refused, message));
    }
    let withheld = summary.complete.as_ref().is_some_and(|complete| !complete.declared) && !summary.dry_run;
    if withheld {
        let message = lang.say(
            "дни не объявлены полными: есть отклонённые строки; исправьте их и повторите команду",
            "the days were not declared complete: some rows were rejected; mend them and run the command again",
        );
        return Err(Failure::new(Exit::Refused, message));
    }
    Ok(())
}
