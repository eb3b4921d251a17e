//! The command line: what can be asked, and each command as a conversation with the node over one channel.
//!
//! Standard output carries the result, standard error everything else. Knows no store and no ledger.

pub mod backup;
pub mod batches;
pub mod entry;
pub mod import;
pub mod incidents;
pub mod join;
pub mod ledger;
pub mod members;
pub mod push;
pub mod report;
pub mod serve;
pub mod session;
pub mod sheets;
pub mod source;
pub mod status;

use std::path::{Path, PathBuf};

use clap::{Args, Parser, Subcommand};
use runtime::Exit;

pub use runtime::command::{DOCUMENT_BYTES_MAX, Failure, Lang, Voice, output};
pub use session::Session;
use web::command::UserCommand;

/// Узел региона или муниципалитета: принимает обращения, составляет листы по дням и отправляет их выше.
#[derive(Debug, Parser)]
#[command(name = "region-node", version, disable_help_subcommand = true)]
pub struct Cli {
    /// How results and messages are written.
    #[command(flatten)]
    pub voice: Voice,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// Which node.
#[derive(Clone, Debug, Args)]
pub struct Place {
    /// Каталог узла
    #[arg(long, value_name = "DIR", env = "REGION_NODE_DIR")]
    pub dir: PathBuf,
}

impl AsRef<Path> for Place {
    fn as_ref(&self) -> &Path {
        &self.dir
    }
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Вступить в федерацию по приглашению
    Join(join::JoinArgs),
    /// Работать: принимать обращения, составлять и отправлять листы
    Serve(serve::ServeArgs),
    /// Загрузить обращения из файла CSV
    Import(import::ImportArgs),
    /// Составить и отправить листы сейчас
    Push(push::PushArgs),
    /// Загрузки: показать и отменить
    Batches(batches::BatchesArgs),
    /// Номера обращений за показателем и одно обращение
    Incidents(incidents::IncidentsArgs),
    /// Листы узла: показать и отозвать
    Sheets(sheets::SheetsArgs),
    /// Показать состояние узла
    Status(status::StatusArgs),
    /// Показать сводку по собственным данным узла
    Report(report::ReportArgs),
    /// Показать запись журнала для проверки другими программами
    Entry(entry::EntryArgs),
    /// Сертификаты систем-источников
    Source(source::SourceArgs),
    /// Копия в одном файле: сделать, проверить, восстановить
    Backup(backup::BackupArgs),
    /// Журнал: полная проверка
    Ledger(ledger::LedgerArgs),
    /// Пригласить узел муниципалитета
    Invite(members::InviteArgs),
    /// Узлы муниципалитетов: список, территории, сравнение, отзыв
    Members(members::MembersArgs),
    /// Пользователи страниц
    #[command(subcommand)]
    User(UserCommand<Place>),
}

/// Runs a command that ends by itself. (`serve` does not; its life is the program's own.)
pub async fn run(command: Command, voice: Voice) -> Result<(), Failure> {
    match command {
        Command::Serve(_) => Err(Failure::new(
            Exit::Usage,
            "serve — это сам процесс узла, а не команда к нему",
        )),
        Command::Join(args) => join::run(args, voice).await,
        Command::Import(args) => import::run(args, voice).await,
        Command::Push(args) => push::run(args, voice).await,
        Command::Batches(args) => batches::run(args, voice).await,
        Command::Incidents(args) => incidents::run(args, voice).await,
        Command::Sheets(args) => sheets::run(args, voice).await,
        Command::Status(args) => status::run(args, voice).await,
        Command::Report(args) => report::run(args, voice).await,
        Command::Entry(args) => entry::run(args, voice).await,
        Command::Source(args) => source::run(args, voice).await,
        Command::Backup(args) => backup::run(args, voice),
        Command::Ledger(args) => ledger::run(&args, voice),
        Command::Invite(args) => members::invite(args, voice).await,
        Command::Members(args) => members::run(args, voice).await,
        Command::User(command) => web::command::run(command, voice),
    }
}
