//! `user add | list | remove`: the same commands of both programs. They write the file of users; a running process sees
//! the change with its next request, so no socket is needed.

use std::io::{IsTerminal, Read};
use std::path::Path;

use clap::{Args, Subcommand};
use runtime::command::{Failure, Voice, output};
use runtime::{Clock, Exit, SystemClock, SystemRandom};
use serde::Serialize;

use crate::password::{self, Cost};
use crate::users::{Users, UsersError};

/// Longest input taken for a password, bytes.
const INPUT_MAX: u64 = 4 * 1024;

/// What to do with users; `P` says which node's.
#[derive(Debug, Subcommand)]
pub enum UserCommand<P: Args> {
    /// Добавить пользователя страниц; пароль создаётся и показывается один раз
    Add(AddArgs<P>),
    /// Показать пользователей страниц
    List(ListArgs<P>),
    /// Удалить пользователя страниц; его сеансы кончаются сразу
    Remove(RemoveArgs<P>),
}

/// Arguments of `user add`.
#[derive(Debug, Args)]
pub struct AddArgs<P: Args> {
    /// Имя: a–z, 0–9, «.», «_», «-»
    name: String,
    /// Взять пароль из стандартного ввода (не с терминала), не короче 15 знаков
    #[arg(long)]
    password_stdin: bool,
    #[command(flatten)]
    place: P,
}

/// Arguments of `user list`.
#[derive(Debug, Args)]
pub struct ListArgs<P: Args> {
    #[command(flatten)]
    place: P,
}

/// Arguments of `user remove`.
#[derive(Debug, Args)]
pub struct RemoveArgs<P: Args> {
    /// Имя
    name: String,
    #[command(flatten)]
    place: P,
}

#[derive(Serialize)]
struct Added<'a> {
    schema: &'static str,
    name: &'a str,
    /// Only one that was made here.
    password: Option<&'a str>,
}

#[derive(Serialize)]
struct Listed {
    schema: &'static str,
    users: Vec<Line>,
}

#[derive(Serialize)]
struct Line {
    name: String,
    added_at: String,
}

impl From<UsersError> for Failure {
    fn from(error: UsersError) -> Self {
        let exit = match &error {
            UsersError::Name(_) | UsersError::Password(_) => Exit::Usage,
            UsersError::Taken(_) | UsersError::Absent(_) => Exit::Refused,
            UsersError::Io { .. } | UsersError::Damaged { .. } => Exit::Damaged,
            UsersError::Hash(_) => Exit::Failure,
        };
        Self::new(exit, error.to_string())
    }
}

/// Runs the command.
pub fn run<P: Args + AsRef<Path>>(command: UserCommand<P>, voice: Voice) -> Result<(), Failure> {
    match command {
        UserCommand::Add(args) => add(&args.name, args.password_stdin, args.place.as_ref(), voice),
        UserCommand::List(args) => list(args.place.as_ref(), voice),
        UserCommand::Remove(args) => remove(&args.name, args.place.as_ref(), voice),
    }
}

/// The users of a directory that is a node's: a misspelt one must not get a file of passwords.
fn users(dir: &Path, voice: Voice) -> Result<Users, Failure> {
    if dir.join("identity").is_dir() {
        return Ok(Users::of(dir));
    }
    let message = voice.lang.say(
        &format!("в каталоге {} нет узла или хаба", dir.display()),
        &format!("there is no node or hub in {}", dir.display()),
    );
    Err(Failure::new(Exit::Configuration, message))
}

fn add(name: &str, from_input: bool, dir: &Path, voice: Voice) -> Result<(), Failure> {
    let users = users(dir, voice)?;
    let given = from_input.then(|| typed(voice)).transpose()?;
    let made = given.is_none().then(|| password::generate(&SystemRandom));
    let password = given.as_deref().or(made.as_deref()).unwrap_or_default();
    users.add(name, password, Cost::default(), SystemClock.now(), &SystemRandom)?;
    if voice.json {
        return output::json(&Added {
            schema: "svodka.user-added/1",
            name,
            password: made.as_deref(),
        });
    }
    match &made {
        Some(password) => {
            eprintln!(
                "{}",
                voice.lang.pick(
                    "Пароль показан один раз и нигде не хранится; передайте его лично.",
                    "The password is shown once and kept nowhere; hand it over in person.",
                )
            );
            output::line(password)
        }
        None => output::line(&voice.lang.say(
            &format!("Пользователь {name} добавлен"),
            &format!("User {name} was added"),
        )),
    }
}

/// The first line of the input. A terminal would show it, and the shell would keep it.
fn typed(voice: Voice) -> Result<String, Failure> {
    let input = std::io::stdin();
    if input.is_terminal() {
        let message = voice.lang.pick(
            "пароль на терминале был бы виден; передайте его файлом: user add ИМЯ --password-stdin < файл, или без ключа — он будет создан",
            "a password typed here would be seen; hand it over as a file: user add NAME --password-stdin < file, or leave the flag out",
        );
        return Err(Failure::new(Exit::Usage, message));
    }
    let mut text = String::new();
    input.lock().take(INPUT_MAX).read_to_string(&mut text)?;
    Ok(text.lines().next().unwrap_or_default().to_owned())
}

fn list(dir: &Path, voice: Voice) -> Result<(), Failure> {
    let all = users(dir, voice)?.list()?;
    let lines: Vec<Line> = all
        .iter()
        .map(|user| Line {
            name: user.name.clone(),
            added_at: user.added_at.clone(),
        })
        .collect();
    if voice.json {
        return output::json(&Listed {
            schema: "svodka.users/1",
            users: lines,
        });
    }
    if lines.is_empty() {
        return output::line(voice.lang.pick(
            "Пользователей нет: страницы никому не видны. Добавить: user add ИМЯ",
            "There are no users: nobody sees the pages. To add one: user add NAME",
        ));
    }
    let text: Vec<String> = lines
        .iter()
        .map(|line| format!("{}  {}", line.name, line.added_at))
        .collect();
    output::line(&text.join("\n"))
}

fn remove(name: &str, dir: &Path, voice: Voice) -> Result<(), Failure> {
    users(dir, voice)?.remove(name)?;
    if voice.json {
        return output::json(&serde_json::json!({ "schema": "svodka.user-removed/1", "name": name }));
    }
    output::line(&voice.lang.say(
        &format!("Пользователь {name} удалён, его сеансы окончены"),
        &format!("User {name} was removed and the sessions have ended"),
    ))
}
