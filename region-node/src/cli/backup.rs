//! `region-node backup`: a copy of the node in one file, checked and restored.
//!
//! Making a copy asks nothing of the process at work: it reads files that only grow.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use federation::backup::{Backup, BackupError, Manifest};
use runtime::{Clock, Exit, SystemClock};

use super::{Failure, Place, Voice, output};
use crate::node::identity_of;
use crate::restored::Restored;

/// Arguments of `backup`.
#[derive(Debug, Args)]
pub struct BackupArgs {
    #[command(subcommand)]
    command: BackupCommand,
}

#[derive(Debug, Subcommand)]
enum BackupCommand {
    /// Сделать копию узла в один файл; процесс останавливать не нужно. В копии есть ключи
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
    /// Обращения после восстановления переданы заново: снова составлять листы за все дни
    Resume {
        #[command(flatten)]
        place: Place,
    },
}

/// How copies of this program's directories are made.
fn backup() -> Backup<'static> {
    Backup {
        program: "region-node",
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
                .restore(&file, &to, &|dir: &std::path::Path| Restored::default().save(dir))
                .map_err(failed)?;
            tell(&manifest, voice, ("Копия восстановлена", "The copy is restored"))?;
            if voice.json {
                return Ok(());
            }
            output::line(voice.lang.pick(
                "Дальше: region-node serve. Узел сначала получит у родительского узла свои записи, которых нет в копии; до этого\n\
                 листы не составляются. Обращения, принятые после копии, передайте заново, затем: region-node backup resume.\n\
                 Прежний каталог больше не запускайте: журнал раздвоится.",
                "Next: region-node serve. The node first fetches from its parent the entries that the copy lacks, and seals\n\
                 nothing before. Send again the incidents taken in after the copy, then: region-node backup resume.\n\
                 Never start the old directory again: the ledger would fork.",
            ))
        }
        BackupCommand::Resume { place } => {
            let removed = Restored::remove(&place.dir)
                .map_err(|error| Failure::new(Exit::Damaged, format!("{}: {error}", place.dir.display())))?;
            if voice.json {
                let said = serde_json::json!({ "schema": "region-node.resumed/1", "was_held": removed });
                return output::json(&said);
            }
            output::line(if removed {
                voice
                    .lang
                    .pick("Листы снова составляются за все дни", "Every day is sealed again")
            } else {
                voice.lang.pick("Удержанных дней нет", "No day is held")
            })
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
