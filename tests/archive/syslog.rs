//! What arrives at rsyslog.

use super::log::{fill, rows, until_sent};
use super::process::until;
use super::rsyslog::Rsyslog;
use super::support::person::Person;
use kyukyu::config::archive::Transport;
use kyukyu::log::ChainHash;
use kyukyu::store::Logged;
use std::collections::BTreeMap;

/// A value of the structured data.
fn value<'a>(line: &'a str, name: &str) -> &'a str {
    let rest = line.split_once(&format!(" {name}=\"")).unwrap_or_else(|| panic!("{name}: {line}")).1;
    rest.split_once('"').unwrap().0
}

fn is_checkpoint(line: &str) -> bool {
    line.contains(" kyukyu - checkpoint [kyukyu@32473 ")
}

/// Every row of the log up to `sent` stands there, as a whole message; how many messages there are.
pub fn assert_all_there(lines: &[String], stored: &[Logged], sent: u64) -> usize {
    let mut there: BTreeMap<u64, &str> = BTreeMap::new();
    for line in lines.iter().filter(|line| !is_checkpoint(line)) {
        assert!(line.len() <= 8_000 && line.bytes().all(|byte| (0x20..0x7f).contains(&byte)), "{line}");
        assert!(
            line.contains(" kyukyu - DICOM+RFC3881 [kyukyu@32473 ") && line.ends_with("</AuditMessage>"),
            "{line}"
        );
        there.insert(value(line, "seq").parse().unwrap(), line);
    }
    let mut before = ChainHash::default();
    for row in stored.iter().take_while(|row| row.seq <= sent) {
        let line = there.get(&row.seq).unwrap_or_else(|| panic!("{} is not there", row.seq));
        assert_eq!(value(line, "hash"), row.hash.to_string());
        assert_eq!(value(line, "prev"), before.to_string());
        before = row.hash;
    }
    lines.len()
}

#[test]
fn rsyslog_is_a_witness() {
    let rsyslog = Rsyslog::relp();
    let mut site = rsyslog.site(Transport::Relp, None);
    site.start_station();
    until_sent(&mut Person::with_password(&site, "kanri"));
    site.stop_station();
    let newest = site.store().read(kyukyu::store::ReadTx::newest_checkpoint).unwrap().unwrap();
    until("the last checkpoint has not arrived", || {
        let lines = rsyslog.lines();
        let last = lines.iter().rfind(|line| is_checkpoint(line)).ok_or("none")?;
        let note = data_encoding::BASE64.decode(value(last, "note").as_bytes()).unwrap();
        let size = newest.checkpoint.size.to_string();
        if value(last, "size") == size && note == newest.note.as_bytes() { Ok(()) } else { Err(last.clone()) }
    });
}

#[test]
fn relp_loses_nothing_when_rsyslog_is_killed() {
    const DAYS: u64 = 3_000;
    let mut rsyslog = Rsyslog::relp();
    let mut site = rsyslog.site(Transport::Relp, None);
    fill(&site, DAYS);
    site.start_station();
    for share in 1..=2 {
        until("nothing arrives", || {
            let lines = rsyslog.lines().len() as u64;
            if lines >= DAYS / 4 * share { Ok(lines) } else { Err(format!("{lines} lines")) }
        });
        rsyslog.kill();
        assert!((rsyslog.lines().len() as u64) < DAYS, "it was killed in the middle");
        rsyslog.start();
    }
    let mut kanri = Person::with_password(&site, "kanri");
    let mut sent = until_sent(&mut kanri);
    // And while nothing is on its way: the next message finds the connection gone.
    rsyslog.kill();
    Person::sato(&site).case();
    rsyslog.start();
    assert!(sent < until_sent(&mut kanri));
    sent = until_sent(&mut kanri);
    site.stop_station();
    // A line that a kill cut off was sent again.
    let lines: Vec<String> =
        rsyslog.lines().into_iter().filter(|line| line.ends_with("</AuditMessage>")).collect();
    assert!(assert_all_there(&lines, &rows(&site), sent) as u64 >= sent);
}

#[test]
fn counted_octets_arrive_over_tcp() {
    let rsyslog = Rsyslog::with(|folder, port| {
        format!(
            "module(load=\"imtcp\")\ntemplate(name=\"kyukyu\" type=\"string\" string=\"%rawmsg%\\n\")\n\
             ruleset(name=\"kyukyu\" queue.type=\"Direct\") {{\n\
             action(type=\"omfile\" file=\"{}\" template=\"kyukyu\" asyncWriting=\"off\" flushOnTXEnd=\"on\")\n}}\n\
             input(type=\"imtcp\" address=\"127.0.0.1\" port=\"{port}\" ruleset=\"kyukyu\")\n",
            folder.join("log").display()
        )
    });
    let mut site = rsyslog.site(Transport::Tcp, None);
    fill(&site, 600);
    site.start_station();
    let sent = until_sent(&mut Person::with_password(&site, "kanri"));
    until("not all has arrived", || {
        let lines = rsyslog.lines().len() as u64;
        if lines >= sent { Ok(()) } else { Err(format!("{lines} of {sent}")) }
    });
    site.stop_station();
    assert_all_there(&rsyslog.lines(), &rows(&site), sent);
}
