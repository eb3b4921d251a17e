//! `region-node join`: become a member by an invitation.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::{fs, io};

use clap::Args;
use federation::Invitation;
use federation::join::{JoinError, JoinPlan, Joined, join};
use runtime::connect::TcpDialer;
use runtime::lock::LockError;
use runtime::{DirLock, Exit, SystemClock, SystemRandom, files};
use serde::Serialize;

use super::{Failure, Lang, Place, Voice, output};
use crate::config;

/// An invitation is a few hundred bytes; a larger file is another file.
const INVITATION_BYTES_MAX: u64 = 64 * 1024;

/// Arguments of `join`.
#[derive(Debug, Args)]
pub struct JoinArgs {
    #[command(flatten)]
    place: Place,
    /// Адрес родительского узла
    #[arg(long, value_name = "HOST:PORT")]
    parent: String,
    /// Файл с приглашением; «-» читает его со стандартного ввода
    #[arg(long, value_name = "FILE|-")]
    invitation: PathBuf,
}

/// What the node has become, as `--json` prints it.
#[derive(Debug, Serialize)]
struct Member {
    schema: &'static str,
    node: String,
    parent: String,
    territories: Vec<String>,
    zone: String,
}

/// Runs the command.
pub async fn run(args: JoinArgs, voice: Voice) -> Result<(), Failure> {
    let invitation = read(&args.invitation, voice.lang)?;
    let dir = &args.place.dir;
    files::create_private_dir(dir)
        .map_err(|error| Failure::new(Exit::Damaged, format!("{}: {error}", dir.display())))?;
    let _lock = DirLock::acquire(dir).map_err(|error| locked(&error))?;
    let plan = JoinPlan {
        invitation,
        address: args.parent,
        dir,
        dialer: Arc::new(TcpDialer),
        clock: Arc::new(SystemClock),
        random: &SystemRandom,
    };
    let joined = join(plan).await.map_err(|error| refused(&error))?;
    config::write_commented(dir)?;
    tell(&joined, dir, voice)
}

fn tell(joined: &Joined, dir: &Path, voice: Voice) -> Result<(), Failure> {
    let membership = &joined.membership;
    let member = Member {
        schema: "region-node.joined/1",
        node: joined.node.to_string(),
        parent: membership.parent.to_string(),
        territories: membership
            .covers
            .iter()
            .map(|cover| cover.territory.to_string())
            .collect(),
        zone: membership.zone.to_string(),
    };
    if voice.json {
        return output::json(&member);
    }
    let (node, parent, dir) = (&member.node, &member.parent, dir.display());
    let territories = member.territories.join(", ");
    output::line(&match voice.lang {
        Lang::Ru => format!(
            "Узел {node} вступил в федерацию, родительский узел {parent}, территории: {territories}\n\
             Дальше: region-node serve --dir {dir}"
        ),
        Lang::En => {
            format!("Node {node} has joined {parent}, territories: {territories}\nNext: region-node serve --dir {dir}")
        }
    })
}

fn read(file: &Path, lang: Lang) -> Result<Invitation, Failure> {
    let unreadable = |error: io::Error| {
        let words = lang.pick("приглашение не читается", "the invitation cannot be read");
        Failure::new(Exit::Usage, format!("{}: {words}: {error}", file.display()))
    };
    let mut text = String::new();
    if file.as_os_str() == "-" {
        io::stdin()
            .lock()
            .take(INVITATION_BYTES_MAX)
            .read_to_string(&mut text)
            .map_err(unreadable)?;
    } else {
        let opened = fs::File::open(file).map_err(unreadable)?;
        opened
            .take(INVITATION_BYTES_MAX)
            .read_to_string(&mut text)
            .map_err(unreadable)?;
    }
    text.parse()
        .map_err(|error: federation::invitation::InvitationError| Failure::new(Exit::Usage, error.to_string()))
}

fn locked(error: &LockError) -> Failure {
    let exit = match error {
        LockError::Held { .. } => Exit::Locked,
        LockError::Io { .. } => Exit::Damaged,
    };
    Failure::new(exit, error.to_string())
}

fn refused(error: &JoinError) -> Failure {
    let exit = match error {
        JoinError::Unreachable { .. } => Exit::Unreachable,
        JoinError::AlreadyJoined(_) | JoinError::Expired(_) | JoinError::Refused { .. } => Exit::Refused,
        JoinError::Unproven(_) => Exit::Unverified,
        JoinError::Io(_) => Exit::Damaged,
        JoinError::Keys(_) => Exit::Failure,
    };
    Failure::new(exit, error.to_string())
}
