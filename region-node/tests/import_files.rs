//! What files an import can read, and the word each other one gets. Nothing of a refused file reaches the node.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says where")]

mod import_stage;

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use import_stage::{Desk, FakeNode, HEADER, import};
use region_node::import::Profile;
use runtime::Exit;

const ROW: &str = "7;13.12.2022 09:05;;14.12.2022 10:00;66;\"Мост; \"\"старый\"\"\";;\n";

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packer = GzEncoder::new(Vec::new(), Compression::fast());
    packer.write_all(bytes).unwrap();
    packer.finish().unwrap()
}

fn cyrillic(text: &str) -> Vec<u8> {
    encoding_rs::WINDOWS_1251.encode(text).0.into_owned()
}

#[tokio::test]
async fn the_same_table_is_read_however_it_is_written() {
    let text = format!("{HEADER}{ROW}");
    let commas = "id,создано,отвечено,изменено,место,тема,кому,статус\n\
                  7,13.12.2022 09:05,,14.12.2022 10:00,66,\"Мост; \"\"старый\"\"\",,\n";
    let two_parts = [gzip(HEADER.as_bytes()), gzip(ROW.as_bytes())].concat();
    for (how, bytes) in [
        ("UTF-8, semicolons", text.clone().into_bytes()),
        ("UTF-8, commas", commas.as_bytes().to_vec()),
        ("byte order mark", format!("\u{feff}{text}").into_bytes()),
        ("Windows line ends", text.replace('\n', "\r\n").into_bytes()),
        ("no end of the last line", text.trim_end().as_bytes().to_vec()),
        ("Windows-1251", cyrillic(&text)),
        (
            "Windows-1251, commas, Windows line ends",
            cyrillic(&commas.replace('\n', "\r\n")),
        ),
        ("gzip", gzip(text.as_bytes())),
        (
            "gzip with a byte order mark",
            gzip(format!("\u{feff}{text}").as_bytes()),
        ),
        ("gzip of Windows-1251", gzip(&cyrillic(&text))),
        ("gzip in two parts", two_parts),
    ] {
        let (node, desk) = (FakeNode::default(), Desk::new());
        let summary = import(&node, desk.plan(&desk.put("data", bytes)), 1).await.expect(how);
        assert_eq!((summary.read, summary.accepted), (1, 1), "{how}");
        let told = node.0.lock().unwrap();
        let item = &told.standing[&("pos".to_owned(), "7".to_owned())];
        assert_eq!(item.incident.as_ref().unwrap().topic, "Мост; \"старый\"", "{how}");
    }
}

#[tokio::test]
async fn lines_are_those_of_the_file_however_it_is_written() {
    let text = "id;создано;отвечено;изменено;место;тема;кому;статус\n\n\
                1;13.12.2022 09:05;;14.12.2022 10:00;66;\"в две\nстроки\";;\n\n\n\
                2;вчера;;14.12.2022 10:00;66;;;\n\
                3;вчера;;14.12.2022 10:00;66;;;";
    for text in [text.to_owned(), text.replace('\n', "\r\n")] {
        let (node, desk) = (FakeNode::default(), Desk::new());
        let summary = import(&node, desk.plan(&desk.put("data.csv", text)), 1).await.unwrap();
        let list = std::fs::read_to_string(summary.rejected_file.unwrap()).unwrap();
        let lines: Vec<&str> = list
            .lines()
            .skip(1)
            .map(|line| line.split(',').next().unwrap())
            .collect();
        assert_eq!(lines, ["7", "8"]);
    }
}

#[tokio::test]
async fn every_other_file_is_refused_with_what_to_do() {
    let good = format!("{HEADER}{ROW}");
    let cut = &gzip(&good.repeat(100).into_bytes())[..80];
    let late = format!("{good}{}", good.repeat(2_000)).into_bytes();
    for (bytes, exit, expected) in [
        (b"".to_vec(), Exit::Failure, "пуст"),
        (b"\n\r\n".to_vec(), Exit::Failure, "пуст"),
        (gzip(b""), Exit::Failure, "пуст"),
        (b"PK\x03\x04....".to_vec(), Exit::Failure, "книга Excel"),
        (b"\xff\xfei\0d\0".to_vec(), Exit::Failure, "UTF-16"),
        (cut.to_vec(), Exit::Failure, "повреждён или скачан не до конца"),
        (
            gzip(&good.into_bytes()).into_iter().rev().collect::<Vec<_>>(),
            Exit::Failure,
            "нет столбца",
        ),
        (
            [late, b"\xff\xff;\n".to_vec()].concat(),
            Exit::Failure,
            "строка 4003: это не UTF-8",
        ),
        (
            format!("{HEADER}{ROW}8;\"13.12\n").into_bytes(),
            Exit::Failure,
            "строка 3: кавычка открыта и не закрыта",
        ),
        (
            format!("{HEADER}\"ООО \"Х\"\"\n").into_bytes(),
            Exit::Failure,
            "строка 2: после закрывающей кавычки",
        ),
        (
            HEADER.replace("создано", "создан").into_bytes(),
            Exit::Failure,
            "нет столбца «создано» (поле registered); возможно, «создан». Есть столбцы: id, создан,",
        ),
        (
            HEADER.replace("статус", "место").into_bytes(),
            Exit::Failure,
            "«место» встречается дважды",
        ),
    ] {
        let (node, desk) = (FakeNode::default(), Desk::new());
        let error = import(&node, desk.plan(&desk.put("data.csv", bytes)), 1)
            .await
            .expect_err(expected);
        assert!(error.to_string().contains(expected), "{error}");
        assert_eq!(error.exit(), exit, "{error}");
        let told = node.0.lock().unwrap();
        assert!(
            told.intakes.is_empty() && told.batches.is_empty(),
            "{expected}: nothing was told"
        );
    }
}

#[tokio::test]
async fn a_directory_and_an_absent_file_are_named() {
    let (node, desk) = (FakeNode::default(), Desk::new());
    for (path, expected) in [(desk.path(""), "каталог"), (desk.path("absent.csv"), "не найден")] {
        let error = import(&node, desk.plan(&path), 1).await.unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
        assert_eq!(error.exit(), Exit::Usage);
    }
}

#[tokio::test]
async fn our_own_columns_need_no_profile_and_allow_no_typing_error() {
    let header = "external_id,source,territory,topic,registered,updated_at";
    let row = "7,pos,66,roads,2022-12-13T09:05:00+05:00,2022-12-14T00:00:00Z";
    let moment = "2022-12-13T10:05:00+05:00";
    let desk = Desk::with(Profile::load("svodka").unwrap());
    let node = FakeNode::default();
    let file = desk.put("data.csv", format!("{header},final,withdrawal\n{row},{moment},\n"));
    let summary = import(&node, desk.plan(&file), 1).await.unwrap();
    assert_eq!(summary.accepted, 1);
    assert_eq!(
        node.0.lock().unwrap().intakes[0].source,
        "",
        "the rows name their source"
    );
    let file = desk.put("typo.csv", format!("{header},finall\n{row},{moment}\n"));
    let error = import(&node, desk.plan(&file), 2).await.unwrap_err();
    assert!(
        error
            .to_string()
            .contains("столбец «finall» неизвестен профилю; возможно, «final»"),
        "{error}"
    );
    let file = desk.put("word.csv", format!("{header},withdrawal\n{row},spma\n"));
    let summary = import(&node, desk.plan(&file), 3).await.unwrap();
    assert_eq!(summary.rejected, 1);
}
