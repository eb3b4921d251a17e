//! `federal-hub backup`: a copy of the hub in one file, checked and restored.
//!
//! Making a copy asks nothing of the process at work: it reads files that only grow.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use federation::backup::{Backup, BackupError, Manifest};
use runtime::{Clock, SystemClock};

use super::{Failure, Place, Voice, output};
use crate::hub::identity_of;

/// Arguments of `backup`.
#[derive(Debug, Args)]
pub struct BackupArgs {
    #[command(subcommand)]
    command: BackupCommand,
}

#[derive(Debug, Subcommand)]
enum BackupCommand {
    /// Сделать копию хаба в один файл; процесс останавливать не нужно. В копии есть ключи
    Create {
        #[command(flatten)]
        place: Place,
        /// Файл копии
        file: PathBuf,
    },
    /// Проверить копию, не восстанавливая её: каждый байт, каждую подпись, корень журнала
    Verify {
        /// Файл копии
        file: PathBuf,
    },
    /// Восстановить копию в новый каталог
    Restore {
        /// Файл копии
        file: PathBuf,
        /// Каталог, которого ещё нет
        #[arg(long, value_name = "DIR")]
        to: PathBuf,
    },
}

/// How copies of this program's directories are made.
fn backup() -> Backup<'static> {
    Backup {
        program: "federal-hub",
        version: env!("CARGO_PKG_VERSION"),
        whose: &identity_of,
    }
}

/// Runs the command.
pub fn run(args: BackupArgs, voice: Voice) -> Result<(), Failure> {
    let failed = |error: BackupError| Failure::new(error.exit(), error.to_string());
    match args.command {
        BackupCommand::Create { place, file } => {
            let manifest = backup().create(&place.dir, &file, SystemClock.now()).map_err(failed)?;
            tell(&manifest, voice, ("Копия сделана", "The copy is made"))?;
            if voice.json {
                return Ok(());
            }
            output::line(voice.lang.pick(
                "В копии есть ключи: храните её как ключи, не на той же машине.",
                "The copy holds the keys: keep it as you keep keys, on another machine.",
            ))
        }
        BackupCommand::Verify { file } => {
            let (manifest, _) = backup().verify(&file).map_err(failed)?;
            tell(&manifest, voice, ("Копия цела", "The copy is whole"))
        }
        BackupCommand::Restore { file, to } => {
            let (manifest, _) = backup()
                .restore(&file, &to, &|_: &std::path::Path| Ok(()))
                .map_err(failed)?;
            tell(&manifest, voice, ("Копия восстановлена", "The copy is restored"))?;
            if voice.json {
                return Ok(());
            }
            output::line(voice.lang.pick(
                "Дальше: federal-hub serve. Если после копии хаб успел ответить участникам, они заметят, что история короче\n\
                 показанной, и остановят отправку: такую копию можно читать, но не продолжать.",
                "Next: federal-hub serve. If the hub answered its members after the copy was made, they will notice the rewind\n\
                 and stop sending: such a copy can be read, not continued.",
            ))
        }
    }
}

fn tell(manifest: &Manifest, voice: Voice, (ru, en): (&str, &str)) -> Result<(), Failure> {
    if voice.json {
        return output::json(manifest);
    }
    let Manifest {
        origin,
        created,
        ledger_size,
        ledger_root,
        files,
        ..
    } = manifest;
    let bytes: u64 = files.iter().map(|listed| listed.size).sum();
    let files = files.len();
    output::line(&voice.lang.say(
        &format!(
            "{ru}: {origin} от {created}\nЗаписей в журнале {ledger_size}, корень {ledger_root}\nФайлов {files}, байт {bytes}"
        ),
        &format!("{en}: {origin} of {created}\nLedger {ledger_size}, root {ledger_root}\nFiles {files}, bytes {bytes}"),
    ))
}
