//! `region-node source`: client certificates for the systems that bring incidents.
//!
//! The private key is made here, written here and never sent: the node gets a request and gives a certificate.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use comfy_table::{Table, presets};
use runtime::files::{self, Mode};
use runtime::pki::{TlsKey, csr};
use runtime::{Clock as _, Exit, SystemClock, SystemRandom, random};
use serde::{Deserialize, Serialize};
use wire::pb;
use wire::pb::correction_service_client::CorrectionServiceClient;
use wire::pb::intake_service_client::IntakeServiceClient;

use super::{Failure, Lang, Place, Session, Voice, output};
use crate::sources::Client;

mod grpcurl;

pub use grpcurl::{Files, Sample, line};

/// Arguments of `source`.
#[derive(Debug, Args)]
pub struct SourceArgs {
    #[command(subcommand)]
    command: SourceCommand,
}

#[derive(Debug, Subcommand)]
enum SourceCommand {
    /// Выдать сертификат системе-источнику
    Add(AddArgs),
    /// Закончить пробу: дальше данные клиента учитываются
    Accept(RevokeArgs),
    /// Показать выданные сертификаты
    List(ListArgs),
    /// Отозвать сертификат
    Revoke(RevokeArgs),
}

#[derive(Debug, Args)]
struct AddArgs {
    /// Имя клиента: a–z, 0–9 и дефис
    name: String,
    /// Код источника из словаря
    #[arg(long, value_name = "CODE")]
    source: String,
    /// Куда записать ключ и сертификаты
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// На пробу: данные проверяются и считаются только здесь, в листы не входят
    #[arg(long)]
    trial: bool,
    #[command(flatten)]
    place: Place,
}

#[derive(Debug, Args)]
struct ListArgs {
    #[command(flatten)]
    place: Place,
}

#[derive(Debug, Args)]
struct RevokeArgs {
    /// Имя клиента
    name: String,
    #[command(flatten)]
    place: Place,
}

/// Runs the command.
pub async fn run(args: SourceArgs, voice: Voice) -> Result<(), Failure> {
    match args.command {
        SourceCommand::Add(args) => add(args, voice).await,
        SourceCommand::Accept(args) => accept(args, voice).await,
        SourceCommand::List(args) => list(args, voice).await,
        SourceCommand::Revoke(args) => revoke(args, voice).await,
    }
}

/// What was issued, as `--json` prints it.
#[derive(Debug, Serialize)]
struct Added {
    schema: &'static str,
    name: String,
    source: String,
    dir: PathBuf,
    address: String,
    server_name: String,
    grpcurl: String,
}

async fn add(args: AddArgs, voice: Voice) -> Result<(), Failure> {
    let files = Files::in_dir(&args.out);
    let key = new_key(&args.out, &files.key, voice.lang)?;
    let issued = issue(&args, &key, voice.lang).await;
    let written = issued.and_then(|issued| {
        write(&files.certificate, issued.certificate.as_bytes())?;
        write(&files.authority, issued.authority.as_bytes())?;
        write(&files.descriptors, wire::DESCRIPTOR_SET)?;
        Ok(issued)
    });
    let issued = written.inspect_err(|_| {
        // A key without a certificate is of no use and would stand in the way of the next try.
        let _ = fs::remove_file(&files.key);
    })?;
    let sample = Sample {
        id: hex::encode(random::bytes::<8>(&SystemRandom)),
        now: SystemClock.now(),
    };
    let grpcurl = line(&files, &issued.address, &issued.server_name, &sample);
    let added = Added {
        schema: "region-node.source/1",
        name: args.name,
        source: args.source,
        dir: args.out,
        address: issued.address,
        server_name: issued.server_name,
        grpcurl,
    };
    if voice.json {
        return output::json(&added);
    }
    let (name, dir) = (&added.name, added.dir.display());
    output::line(&voice.lang.say(
        &format!(
            "Сертификат «{name}» выдан: {dir} (client.pem, client.key, ca.pem, svodka.protoset).\n\
             Проверка связи (ничего не записывает):\n"
        ),
        &format!(
            "Certificate \"{name}\" issued: {dir} (client.pem, client.key, ca.pem, svodka.protoset).\n\
             To try it (writes nothing):\n"
        ),
    ))?;
    output::line(&added.grpcurl)
}

/// Makes a key and writes it, before anything is asked of the node, so that a directory that cannot be written costs
/// no certificate. A key that is already there stays.
fn new_key(dir: &Path, path: &Path, lang: Lang) -> Result<TlsKey, Failure> {
    files::create_private_dir(dir).map_err(|error| unwritten(dir, &error))?;
    if path.exists() {
        let path = path.display();
        return Err(Failure::new(
            Exit::Usage,
            lang.say(
                &format!("{path} уже есть: укажите другой каталог, чтобы не потерять ключ"),
                &format!("{path} exists: name another directory, so that the key is not lost"),
            ),
        ));
    }
    let key = TlsKey::generate().map_err(|error| Failure::new(Exit::Failure, error.to_string()))?;
    files::write_atomic(path, key.pem().as_bytes(), Mode::Private).map_err(|error| unwritten(path, &error))?;
    Ok(key)
}

async fn issue(args: &AddArgs, key: &TlsKey, lang: Lang) -> Result<pb::IssueSourceResponse, Failure> {
    let certificate_request = csr(key).map_err(|error| Failure::new(Exit::Failure, error.to_string()))?;
    let session = Session::open(&args.place.dir, lang).await?;
    let request = pb::IssueSourceRequest {
        name: args.name.clone(),
        source: args.source.clone(),
        certificate_request,
        trial: args.trial,
    };
    let answer = IntakeServiceClient::new(session.channel()).issue_source(request).await;
    session.close().await;
    Ok(answer?.into_inner())
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    files::write_atomic(path, bytes, Mode::Public).map_err(|error| unwritten(path, &error))
}

fn unwritten(path: &Path, error: &io::Error) -> Failure {
    Failure::new(Exit::Damaged, format!("{}: {error}", path.display()))
}

/// The part of the node's document that the table shows.
#[derive(Deserialize)]
struct Listed {
    clients: Vec<Client>,
}

async fn list(args: ListArgs, voice: Voice) -> Result<(), Failure> {
    let session = Session::open(&args.place.dir, voice.lang).await?;
    let answer = IntakeServiceClient::new(session.channel())
        .list_sources(pb::ListSourcesRequest {})
        .await;
    session.close().await;
    let json = answer?.into_inner().json;
    if voice.json {
        return output::document(json.as_bytes());
    }
    let listed: Listed = serde_json::from_str(&json)
        .map_err(|error| Failure::new(Exit::Failure, format!("ответ узла не разобран: {error}")))?;
    if listed.clients.is_empty() {
        return output::line(
            voice
                .lang
                .pick("Сертификатов ещё не выдано.", "No certificates issued yet."),
        );
    }
    output::line(&table(&listed.clients, voice.lang).to_string())
}

fn table(clients: &[Client], lang: Lang) -> Table {
    let mut table = Table::new();
    table.load_preset(presets::NOTHING);
    table.set_header(match lang {
        Lang::Ru => ["ИМЯ", "ИСТОЧНИК", "ВЫДАН", "ДО", "ОТОЗВАН", "НОМЕР"],
        Lang::En => ["NAME", "SOURCE", "ISSUED", "UNTIL", "REVOKED", "SERIAL"],
    });
    for client in clients {
        let day = |at: jiff::Timestamp| at.strftime("%Y-%m-%d").to_string();
        table.add_row([
            client.name.clone(),
            client.source.clone(),
            day(client.issued_at),
            day(client.expires_at),
            match client.revoked_at {
                Some(at) => day(at),
                None if client.trial => lang.pick("на пробе", "on trial").to_owned(),
                None => "—".to_owned(),
            },
            client.serial.clone(),
        ]);
    }
    table
}

async fn accept(args: RevokeArgs, voice: Voice) -> Result<(), Failure> {
    let session = Session::open(&args.place.dir, voice.lang).await?;
    let request = pb::AcceptSourceRequest {
        name: args.name.clone(),
    };
    let answer = CorrectionServiceClient::new(session.channel())
        .accept_source(request)
        .await;
    session.close().await;
    answer?;
    let name = args.name;
    if voice.json {
        return output::json(&serde_json::json!({ "schema": "region-node.source/1", "name": name, "trial": false }));
    }
    output::line(&voice.lang.say(
        &format!("Проба «{name}» закончена: присланное с этой минуты учитывается. Присланное раньше пришлите ещё раз."),
        &format!("The trial of \"{name}\" is over: what it sends from now on counts. What it sent before, send again."),
    ))
}

async fn revoke(args: RevokeArgs, voice: Voice) -> Result<(), Failure> {
    let session = Session::open(&args.place.dir, voice.lang).await?;
    let request = pb::RevokeSourceRequest {
        name: args.name.clone(),
    };
    let answer = IntakeServiceClient::new(session.channel()).revoke_source(request).await;
    session.close().await;
    answer?;
    let name = args.name;
    if voice.json {
        return output::json(&serde_json::json!({ "schema": "region-node.source/1", "name": name, "revoked": true }));
    }
    output::line(&voice.lang.say(
        &format!("Сертификат «{name}» отозван: следующий же запрос с ним получит отказ."),
        &format!("Certificate \"{name}\" revoked: its next request will be refused."),
    ))
}
