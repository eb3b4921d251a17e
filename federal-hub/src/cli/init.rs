//! `federal-hub init`: found a federation.

use std::path::PathBuf;

use clap::Args;
use runtime::{Exit, SystemClock, SystemRandom};

use super::{Failure, Place, Voice, output};
use crate::init::{InitError, ROOT_KEY, init};

/// Arguments of `init`.
#[derive(Debug, Args)]
pub struct InitArgs {
    #[command(flatten)]
    place: Place,
    /// Файл федерации; без него — поставляемый (83 субъекта, восемь округов)
    #[arg(long, value_name = "FILE")]
    federation: Option<PathBuf>,
    /// Дополнительное имя или адрес хаба для его сертификата (можно несколько)
    #[arg(long, value_name = "NAME", num_args = 1..)]
    host: Vec<String>,
}

/// Runs the command.
pub fn run(args: &InitArgs, voice: Voice) -> Result<(), Failure> {
    let file = match &args.federation {
        None => domain::federation::SHIPPED.to_owned(),
        Some(path) => std::fs::read_to_string(path)
            .map_err(|e| Failure::new(Exit::Configuration, format!("{}: {e}", path.display())))?,
    };
    let dir = &args.place.dir;
    let founded = init(dir, &file, &args.host, &SystemClock, &SystemRandom);
    let founded = founded.map_err(|error| Failure::new(exit(&error), error.to_string()))?;
    let root = dir.join("identity").join(ROOT_KEY);
    if voice.json {
        return output::json(&serde_json::json!({
            "schema": "federal-hub.init/1",
            "federation": founded.federation.as_str(),
            "root_key": founded.root_key,
            "root_key_file": root,
        }));
    }
    output::line(&voice.lang.say(
        &format!(
            "Федерация {} основана в {}.\nКорневой ключ лежит в {}: унесите его на отдельный носитель, для работы он не нужен.\n\
             Открытый корневой ключ для проверяющих: {}\nДальше: federal-hub serve --dir {}",
            founded.federation,
            dir.display(),
            root.display(),
            founded.root_key,
            dir.display()
        ),
        &format!(
            "Federation {} is founded in {}.\nThe root key is in {}: take it away, daily work does not need it.\n\
             Public root key for auditors: {}\nNext: federal-hub serve --dir {}",
            founded.federation,
            dir.display(),
            root.display(),
            founded.root_key,
            dir.display()
        ),
    ))
}

fn exit(error: &InitError) -> Exit {
    match error {
        InitError::Exists(_) => Exit::Refused,
        InitError::Lock(_) => Exit::Locked,
        InitError::Federation(_) | InitError::Id(_) | InitError::Keys(_) => Exit::Configuration,
        InitError::Io(_) | InitError::Ledger(_) => Exit::Damaged,
    }
}
