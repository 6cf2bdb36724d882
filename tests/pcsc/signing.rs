//! Every kind of card, identified and asked for a signature.

use super::bed::cards::PIN;
use super::bed::program::{
    Helper, PROGRAM, agent_at, challenge, challenge_hex, command, json, no_pin, refused, text, verified,
};
use super::bed::{Bed, Layout, READERS};
use super::support::pty::Pty;
use kyukyu::card::line::{Answer, PinFrom, SignAsk};

#[test]
fn every_kind_of_card_is_identified_and_signs() {
    let bed = Bed::new();
    let table = [
        (Layout::jpki(), "jpki"),
        (Layout::hpki_a(), "hpki"),
        (Layout::hpki_b(), "hpki"),
        (Layout::hpki_t0(), "hpki"),
        (Layout::p384(), "p384"),
    ];
    let mut helper = Helper::start();
    for (layout, profile) in table {
        let card = bed.insert(0, &layout);
        let (reader, identity) = refused(helper.client.identify(None)).unwrap();
        assert_eq!((reader.as_str(), identity.profile.as_str()), (READERS[0], profile));
        assert_eq!(identity.tries_left, Some(layout.full_tries()));
        assert_eq!(identity.spki_sha256, layout.spki());
        let resets = card.resets();
        let signed = helper.sign(&layout).unwrap_or_else(|error| panic!("{profile}: {error}"));
        verified(&layout, &signed);
        assert!(card.resets() > resets, "{profile}: no verified PIN stays behind");
        assert_eq!(card.tries_left(), layout.full_tries());
        bed.remove(&card);
    }
}

#[test]
fn what_the_command_line_shows() {
    let bed = Bed::new();
    let hpki = Layout::hpki_a();
    let card = bed.insert(0, &hpki);
    let _unknown = bed.insert(1, &Layout::unknown());

    let (list, code) = text(&["list"], "");
    let lines: Vec<&str> = list.lines().collect();
    assert_eq!((lines.len(), code), (2, 0), "{list}");
    let known = format!(
        "{}: HPKIカード PIN残り15回 資格:Medical Doctor 有効期限:2060-01-01 鍵:{}",
        READERS[0],
        hpki.spki()
    );
    assert_eq!(lines[0], known);
    assert!(lines[1].starts_with(READERS[1]) && lines[1].contains("対応していないカード"), "{list}");
    assert!(lines[1].contains("ATR: 3b6500002063cb6800"), "{list}");
    let Answer::Readers(readers) = json(command(), &["list"], "").answer else { panic!() };
    assert_eq!(readers[1].problem.as_ref().unwrap().code, "unknown_card");
    assert_eq!(json(command(), &["tries", "--reader", READERS[1]], "").code, 3);

    assert_eq!(text(&["tries"], ""), (format!("{}: PIN残り15回\n", READERS[0]), 0));
    let sign = ["sign", "--challenge-hex", &challenge_hex()];
    let Answer::Signed(signed) = json(command(), &sign, &format!("{PIN}\n")).answer else { panic!() };
    verified(&hpki, &signed);
    let wrong = json(command(), &sign, "4927\n");
    assert_eq!((wrong.error(), wrong.code), (("wrong_pin", "PINが違います。残り14回です"), 4));
    let document = json(command(), &["sign", "--challenge-hex", "3031"], PIN);
    assert_eq!((document.error().0, document.code), ("challenge_refused", 8));
    assert_eq!(card.tries_left(), 14);
}

#[test]
fn a_new_kind_of_card_is_a_new_profile_and_no_new_program() {
    let bed = Bed::new();
    let (layout, file) = Layout::future();
    let _card = bed.insert(0, &layout);
    assert_eq!(json(command(), &["tries"], "").error().0, "unknown_card");

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("profiles.toml");
    std::fs::write(&path, file).unwrap();
    let path = path.to_str().unwrap();
    let (list, _) = text(&["--profiles", path, "list"], "");
    assert!(list.starts_with(&format!("{}: マイナンバーカード PIN残り5回", READERS[0])), "{list}");
    let mut with_file = command();
    with_file.env("KYUKYU_CARD_PROFILES", path);
    let mut helper = Helper::start_from(with_file);
    verified(&layout, &helper.sign(&layout).unwrap());

    std::fs::write(path, file.replace("tries = 5", "tries = 99")).unwrap();
    let (said, code) = text(&["--profiles", path, "list"], "");
    assert!(said.contains("profiles.toml の 2 行目: 「future」の pin の tries") && code == 1, "{said}");
    // Shift_JIS.
    std::fs::write(path, b"# \x95\x61\x89\x40").unwrap();
    let (said, code) = text(&["--profiles", path, "list"], "");
    assert!(said.contains("UTF-8を選んで保存し直してください") && code == 1, "{said}");
}

#[test]
fn the_pin_is_asked_for_where_the_card_is() {
    let bed = Bed::new();
    let layout = Layout::hpki_a();
    let card = bed.insert(0, &layout);
    let mut person = Pty::program(PROGRAM, &["sign", "--challenge-hex", &challenge_hex()].map(AsRef::as_ref));
    person.wait("HPKIカード（PINの残り 15回）");
    person.wait("PIN（半角英数記号4～16桁）: ");
    person.keys(&format!("{PIN}<Enter>"));
    assert_eq!(person.ended().1, 0);
    person.wait("signature ");
    no_pin(&String::from_utf8_lossy(&person.raw()));

    // The agent of a thin terminal: the other end of its socket gets a signature and never a PIN.
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("agent.sock");
    let mut person =
        Pty::program(PROGRAM, &["agent", "--socket", socket.to_str().unwrap()].map(AsRef::as_ref));
    person.until_answering(&socket);
    let mut client = agent_at(&socket);
    assert_eq!(client.hello().unwrap().pin, PinFrom::AtTheReader);
    let asking = std::thread::spawn({
        let ask = SignAsk::new(&challenge(), vec![layout.spki()]);
        move || refused(client.sign(ask))
    });
    person.wait("PIN（半角英数記号4～16桁）: ");
    person.keys("4927<Enter>");
    let wrong = asking.join().unwrap().unwrap_err();
    assert_eq!((wrong.code.as_str(), wrong.tries_left, card.tries_left()), ("wrong_pin", Some(14), 14));
    assert!(!person.screen().contains("4927"));

    let mut client = agent_at(&socket);
    let ask = SignAsk::new(&challenge(), vec![layout.spki()]);
    let asking = std::thread::spawn(move || refused(client.sign(ask)));
    person.wait("PINの残り 14回）PIN（半角英数記号4～16桁）: ");
    person.keys(&format!("{PIN}<Enter>"));
    verified(&layout, &asking.join().unwrap().unwrap());
}
