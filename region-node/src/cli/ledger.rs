//! `region-node ledger fsck`: everything in the ledger proved again.

use clap::{Args, Subcommand};
use federation::NodeIdentity;
use federation::fsck::check;
use runtime::Exit;

use super::{Failure, Place, Voice, output};
use crate::node::identity_of;

/// Arguments of `ledger`.
#[derive(Debug, Args)]
pub struct LedgerArgs {
    #[command(subcommand)]
    command: LedgerCommand,
}

#[derive(Debug, Subcommand)]
enum LedgerCommand {
    /// Перечитать весь журнал и проверить всё заново: записи, подписи, содержание, корень, позиции, ответы
    Fsck {
        #[command(flatten)]
        place: Place,
    },
}

/// Runs the command.
pub fn run(args: &LedgerArgs, voice: Voice) -> Result<(), Failure> {
    let LedgerCommand::Fsck { place } = &args.command;
    let identity = NodeIdentity::load(&place.dir);
    let identity = identity.map_err(|error| Failure::new(Exit::Configuration, error.to_string()))?;
    let checked = check(&place.dir, &identity_of, Some(&identity));
    let checked = checked.map_err(|error| Failure::new(error.exit(), error.to_string()))?;
    if voice.json {
        return output::json(&checked);
    }
    let (origin, entries, root, bodies) = (&checked.origin, checked.entries, &checked.root, checked.bodies);
    let (cursors, acknowledged, refusals) = (checked.cursors, checked.acknowledged, checked.refusals);
    output::line(&voice.lang.say(
        &format!(
            "Журнал {origin} цел: записей {entries}, содержаний {bodies}\nКорень {root}\n\
             Позиций участников {cursors}, записей с ответом {acknowledged}, отказов {refusals}"
        ),
        &format!(
            "Ledger {origin} is whole: entries {entries}, bodies {bodies}\nRoot {root}\n\
             Cursors {cursors}, entries with a verdict {acknowledged}, refusals {refusals}"
        ),
    ))
}
