//! The command line: what can be asked, and each command as a conversation with the hub over one channel.

pub mod backup;
pub mod entry;
pub mod init;
pub mod ledger;
pub mod members;
pub mod report;
pub mod revoke;
pub mod serve;
pub mod session;

use std::path::{Path, PathBuf};

use clap::{Args, Parser, Subcommand};
use runtime::Exit;
pub use runtime::command::{Failure, Lang, Voice, output};
pub use session::Session;
use web::command::UserCommand;

/// Хаб федерации: принимает журналы участников, проверяет их и составляет сводки.
#[derive(Debug, Parser)]
#[command(name = "federal-hub", version, disable_help_subcommand = true)]
pub struct Cli {
    /// How results and messages are written.
    #[command(flatten)]
    pub voice: Voice,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// Which hub.
#[derive(Clone, Debug, Args)]
pub struct Place {
    /// Каталог хаба
    #[arg(long, value_name = "DIR", env = "FEDERAL_HUB_DIR")]
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
    /// Основать федерацию: ключи, первая запись журнала, файл федерации
    Init(init::InitArgs),
    /// Работать: принимать журналы участников
    Serve(serve::ServeArgs),
    /// Пригласить участника
    Invite(members::InviteArgs),
    /// Отозвать ключи участника
    Revoke(revoke::RevokeArgs),
    /// Показать участников
    Nodes(members::NodesArgs),
    /// Показать состояние хаба, участников и отказы
    Status(members::StatusArgs),
    /// Показать сводку
    Report(report::ReportArgs),
    /// Показать запись журнала в конверте DSSE для проверки другими программами
    Entry(entry::EntryArgs),
    /// Показать открытый ключ записей участника
    Key(entry::KeyArgs),
    /// Копия в одном файле: сделать, проверить, восстановить
    Backup(backup::BackupArgs),
    /// Журнал: полная проверка
    Ledger(ledger::LedgerArgs),
    /// Пользователи страниц
    #[command(subcommand)]
    User(UserCommand<Place>),
}

/// Runs a command that ends by itself. (`serve` does not; its life is the program's own.)
pub async fn run(command: Command, voice: Voice) -> Result<(), Failure> {
    match command {
        Command::Serve(_) => Err(Failure::new(
            Exit::Usage,
            "serve — это сам процесс хаба, а не команда к нему",
        )),
        Command::Init(args) => init::run(&args, voice),
        Command::Invite(args) => members::invite(args, voice).await,
        Command::Revoke(args) => revoke::run(args, voice).await,
        Command::Nodes(args) => members::nodes(args, voice).await,
        Command::Status(args) => members::status(args, voice).await,
        Command::Report(args) => report::run(args, voice).await,
        Command::Entry(args) => entry::entry(args, voice).await,
        Command::Key(args) => entry::key(args, voice).await,
        Command::Backup(args) => backup::run(args, voice),
        Command::Ledger(args) => ledger::run(&args, voice),
        Command::User(command) => web::command::run(command, voice),
    }
}
