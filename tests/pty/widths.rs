//! Terminals that disagree about widths, and one that has no Japanese at all (traps 3 and 12).

use crate::flow::{at_home, certificate, confirm_person, consent_and_send, log_in_at, new_case};
use crate::support::pty::{Pty, Start, places};
use crate::support::site::Site;

const P01: [&str; 5] = ["139907", "架空１２", "0012345", "01", "1955-11-03"];
const ASKED: &[u8] = "\x1b[2;1H①\x1b[6n".as_bytes();

/// To the cautions, of which two begin with a character of ambiguous width.
fn to_the_cautions(pty: &mut Pty) {
    new_case(pty, "1");
    certificate(pty, P01);
    pty.wait("マイナポータルから確認可能な状態になります");
    pty.settle();
}

fn sent(pty: &Pty, text: &str) -> bool {
    String::from_utf8_lossy(&pty.raw()).contains(text)
}

#[test]
fn a_terminal_that_does_not_answer_is_drawn_on_as_if_it_could_be_either() {
    let site = Site::running();
    let mut pty = at_home(&site);
    assert_eq!(places(ASKED, &pty.raw()).len(), 1, "asked once");
    to_the_cautions(&mut pty);
    assert!(pty.rows().iter().any(|row| row.starts_with("  ※ 患者の生命")), "{}", pty.screen());
}

#[test]
fn an_answer_is_used_and_never_typed() {
    let site = Site::running();
    for answer in [&[&b"\x1b[2;2R"[..]][..], &[b"\x1b[2;3R"], &[b"\x1b", b"[2;", b"2R"]] {
        let mut pty = Pty::open(&site);
        pty.wait("訓練");
        for piece in answer {
            pty.write(piece);
            pty.settle();
        }
        pty.settle();
        assert!(!pty.shows("[2;") && !pty.shows("2R"), "the answer got into a field:\n{}", pty.screen());
        log_in_at(&mut pty, "sato");
        to_the_cautions(&mut pty);
        // Of a terminal that is known, the next character follows at once, wherever the terminal puts it.
        assert!(sent(&pty, "※患者の生命"), "{}", pty.screen());
        assert!(pty.rows().iter().any(|row| row.starts_with("  ※患者の生命")), "{}", pty.screen());
    }
}

#[test]
fn the_setting_overrides_and_nothing_is_asked() {
    let site = Site::running();
    for (arguments, environment) in
        [(&["--ambiguous-width", "1"][..], &[][..]), (&[], &[("KYUKYU_AMBIGUOUS_WIDTH", "1")])]
    {
        let mut pty = Pty::start(&site, &Start { arguments, environment, ..Start::default() });
        log_in_at(&mut pty, "sato");
        assert!(places(b"\x1b[6n", &pty.raw()).is_empty(), "asked in spite of the setting");
        to_the_cautions(&mut pty);
        assert!(pty.rows().iter().any(|row| row.starts_with("  ※患者の生命")), "{}", pty.screen());
    }
}

#[test]
fn on_a_console_without_japanese_people_are_named_in_latin_letters() {
    let site = Site::running();
    let mut pty = Pty::start(&site, &Start { environment: &[("TERM", "linux")], ..Start::default() });
    pty.wait("Patients are also named in Latin letters");
    log_in_at(&mut pty, "sato");
    new_case(&mut pty, "1");
    pty.wait("[WAKAKUSA HARUKO  born 1978-04-21 age");
    certificate(&mut pty, P01);
    consent_and_send(&mut pty);
    pty.wait("本人確認：");
    pty.wait("[AOBA TAROU  born 1955-11-03 age");
    pty.wait("sex M]");
    confirm_person(&mut pty, "青葉　太郎");
    // And on every page with medical content, with the number of the insured.
    pty.wait("番号0012345");
    pty.wait("[AOBA TAROU  born 1955-11-03 age");
}
