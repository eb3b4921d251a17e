//! Why an import stopped: each reason with what to do about it, and the exit code of its kind.

use std::io;
use std::path::{Path, PathBuf};

use runtime::{Exit, status};
use tonic::{Code, Status};

use super::profile::{ProfileError, hint};

/// A column that the profile maps and the header lacks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MissingColumn {
    /// What it would fill.
    pub field: String,
    /// The header that the profile names.
    pub column: String,
    /// The header that is there and nearest to it.
    pub nearest: Option<String>,
}

/// Why an import stopped. Before [`ImportError::Service`] nothing was sent.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The profile cannot be used.
    #[error(transparent)]
    Profile(#[from] ProfileError),
    /// No such file.
    #[error("файл {} не найден: проверьте путь", .0.display())]
    NotFound(PathBuf),
    /// A directory, a socket, a pipe.
    #[error("{} — {what}, а нужен файл CSV (обычный или .gz): укажите файл", path.display())]
    NotAFile {
        /// The path.
        path: PathBuf,
        /// What it is.
        what: &'static str,
    },
    /// Nothing in it, not even a header.
    #[error("файл {} пуст: нужна хотя бы строка заголовка; проверьте выгрузку", .0.display())]
    Empty(PathBuf),
    /// Another format.
    #[error("файл {} — {what}, а не CSV: {advice}", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
        /// What it seems to be.
        what: &'static str,
        /// What to do.
        advice: &'static str,
    },
    /// The compression is damaged or ends early.
    #[error("архив {} повреждён или скачан не до конца ({reason}): получите файл заново; ничего не принято", path.display())]
    Gzip {
        /// The file.
        path: PathBuf,
        /// What the decoder said.
        reason: String,
    },
    /// Not the encoding it should be.
    #[error("{}, строка {line}: это не {encoding}: сохраните файл заново или задайте encoding в профиле; ничего не принято", path.display())]
    Encoding {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: u64,
        /// The expected encoding.
        encoding: &'static str,
    },
    /// Quotation marks that do not pair.
    #[error("{}, строка {line}: {what}; ничего не принято", path.display())]
    Quoting {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: u64,
        /// What is wrong and what to do.
        what: String,
    },
    /// The header lacks a mapped column.
    #[error("в заголовке {} {}. Есть столбцы: {}. Исправьте заголовок файла или [columns] в профиле", path.display(), missing_text(missing), present.join(", "))]
    MissingColumns {
        /// The file.
        path: PathBuf,
        /// What is missing.
        missing: Vec<MissingColumn>,
        /// What is there.
        present: Vec<String>,
    },
    /// A mapped column stands twice in the header.
    #[error("в заголовке {} столбец «{column}» встречается дважды: оставьте один", path.display())]
    RepeatedColumn {
        /// The file.
        path: PathBuf,
        /// The header.
        column: String,
    },
    /// A column that the profile does not know, where it refuses such.
    #[error("в заголовке {} столбец «{column}» неизвестен профилю{}: переименуйте или уберите его", path.display(), hint(nearest.as_deref()))]
    UnknownColumn {
        /// The file.
        path: PathBuf,
        /// The header.
        column: String,
        /// The known header nearest to it.
        nearest: Option<String>,
    },
    /// No version for rows that bring none.
    #[error(
        "в файле нет столбца с временем изменения: укажите, на какой момент сделана выгрузка, например --as-of 2022-12-31T23:00:00+03:00"
    )]
    AsOfRequired,
    /// A version for rows that bring their own.
    #[error("версию строк задаёт столбец updated_at: уберите --as-of")]
    AsOfUnwanted,
    /// An argument that cannot be read.
    #[error("{0}")]
    Argument(String),
    /// Reading or writing failed.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The node refused, or cannot be reached after many tries.
    #[error("узел не принял файл: {}. Принятое сохранено; повторите ту же команду, повторы не учитываются дважды", word(.0))]
    Service(#[source] Box<Status>),
    /// The node answered something that is no answer to what was asked.
    #[error("ответ узла не соответствует запросу: {0}; обновите программу")]
    Protocol(String),
}

fn missing_text(missing: &[MissingColumn]) -> String {
    let texts: Vec<String> = missing
        .iter()
        .map(|one| {
            format!(
                "нет столбца «{}» (поле {}){}",
                one.column,
                one.field,
                hint(one.nearest.as_deref())
            )
        })
        .collect();
    texts.join("; ")
}

fn word(refused: &Status) -> String {
    let message = if refused.message().is_empty() {
        refused.code().to_string()
    } else {
        refused.message().to_owned()
    };
    status::reason(refused).map_or_else(|| message.clone(), |reason| format!("{message} [{reason}]"))
}

impl ImportError {
    /// A failure of the system at a file.
    pub(super) fn io(path: &Path, source: io::Error) -> Self {
        match source.kind() {
            io::ErrorKind::NotFound => Self::NotFound(path.to_path_buf()),
            _ => Self::Io {
                path: path.to_path_buf(),
                source,
            },
        }
    }

    /// The code that the process ends with.
    pub fn exit(&self) -> Exit {
        match self {
            Self::Profile(_) => Exit::Configuration,
            Self::NotFound(_) | Self::NotAFile { .. } | Self::AsOfRequired | Self::AsOfUnwanted | Self::Argument(_) => {
                Exit::Usage
            }
            Self::Empty(_)
            | Self::Foreign { .. }
            | Self::Gzip { .. }
            | Self::Encoding { .. }
            | Self::Quoting { .. }
            | Self::MissingColumns { .. }
            | Self::RepeatedColumn { .. }
            | Self::UnknownColumn { .. }
            | Self::Protocol(_) => Exit::Failure,
            Self::Io { .. } => Exit::Damaged,
            Self::Service(refused) => match refused.code() {
                Code::Unavailable | Code::Unknown => Exit::Unreachable,
                Code::ResourceExhausted | Code::DeadlineExceeded | Code::Aborted | Code::Cancelled => Exit::TryLater,
                Code::DataLoss => Exit::Damaged,
                _ => Exit::Refused,
            },
        }
    }
}
