//! Files of others, files that are not plain files, and names that are not quite ours.

use super::*;
use rustix::fs::{CWD, FileType, Mode, mknodat};
use std::os::unix::ffi::OsStrExt as _;

type Make = fn(&Path, &Path);

#[test]
fn what_is_not_a_plain_file_is_never_opened() {
    let secret = tempfile::NamedTempFile::new().unwrap();
    fs::write(secret.path(), SUMMARY).unwrap();
    let table: [(OddReason, Make); 6] = [
        (OddReason::Symlink, |at, secret| std::os::unix::fs::symlink(secret, at).unwrap()),
        (OddReason::Symlink, |at, _| std::os::unix::fs::symlink("/nowhere", at).unwrap()),
        (OddReason::HardLink, |at, _| {
            let other = at.with_extension("other");
            fs::write(&other, SUMMARY).unwrap();
            fs::hard_link(&other, at).unwrap();
        }),
        (OddReason::NotAFile, |at, _| fs::create_dir(at).unwrap()),
        (OddReason::NotAFile, |at, _| mknodat(CWD, at, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap()),
        (OddReason::TooLarge, |at, _| fs::File::create(at).unwrap().set_len(100 * 1024 * 1024).unwrap()),
    ];
    for (why, make) in table {
        let mut bench = Bench::new();
        bench.sent();
        make(&bench.path("res").join(answer("xml")), secret.path());
        let started = Instant::now();
        let told: Vec<Event> = bench
            .poll_for(4)
            .into_iter()
            .filter(|e| !matches!(e, Event::Odd { why: OddReason::Name, .. }))
            .collect();
        assert_eq!(told, [Event::Odd { name: SafeText::new(&answer("xml")), why }]);
        assert!(started.elapsed() < Duration::from_secs(1));
    }
}

#[test]
fn odd_names_are_noted_safely_and_left_alone() {
    let mut bench = Bench::new();
    bench.sent();
    let odd = [
        format!("{}.tmp", answer("xml")),
        format!("-{}", answer("xml")),
        answer("xml").to_uppercase(),
        format!("EMSsimed01res_{SUFFIX} (1).xml"),
        format!("EMSsimed01res_{SUFFIX}\n\u{1b}[2J.xml"),
    ];
    for name in &odd {
        bench.put(&format!("res/{name}"), SUMMARY);
    }
    let mut invalid = answer("xml").into_bytes();
    invalid.push(0xFF);
    fs::write(bench.path("res").join(std::ffi::OsStr::from_bytes(&invalid)), SUMMARY).unwrap();
    let told = bench.poll_for(20);
    assert_eq!(told.len(), odd.len() + 1, "{told:?}");
    for event in &told {
        let Event::Odd { name, why: OddReason::Name } = event else { panic!("{event:?}") };
        assert!(!name.as_str().chars().any(char::is_control), "{name:?}");
    }
    assert_eq!(fs::read_dir(bench.path("res")).unwrap().count(), odd.len() + 1);
}

#[test]
fn ten_thousand_foreign_files_cost_little_and_are_not_touched() {
    let bench = Bench::new();
    let foreign =
        [("YZKsiquc01res_", 7000), ("EMSsimed01res_20261123090507zz99", 3000), ("EMSsimed01res_old", 1000)];
    for (prefix, count) in foreign {
        for i in 0..count {
            std::os::unix::fs::symlink("/nowhere", bench.path("res").join(format!("{prefix}{i:012}.xml")))
                .unwrap();
        }
    }
    for i in 0..1000 {
        bench.put(&format!("res/EMSsimed01res_20251123090507st01{i:012}.xml"), b"<XmlMsg/>");
    }
    for i in 0..1000 {
        bench.put(&format!("req/.kyukyu-20251123090507st01{i:012}.tmp"), b"half");
    }
    let started = Instant::now();
    let (worker, events) = worker(config(bench.root.path(), "st01"));
    let mut bench = Bench { worker, events, ..bench };
    assert_eq!(bench.poll(), [Event::Link(LinkState::Ok)]);
    bench.sent();
    assert_eq!(bench.poll_for(10), []);
    assert!(started.elapsed() < Duration::from_secs(2), "{:?}", started.elapsed());
    assert_eq!(fs::read_dir(bench.path("res")).unwrap().count(), 12_000);
    assert_eq!(bench.names("req").len(), 0, "our own leftovers are gone");
}

#[test]
fn only_leftovers_of_this_station_are_removed() {
    let bench = Bench::new();
    let kept = [
        ".kyukyu-20251123090507st02000000000001.tmp",
        ".kyukyu-notes.tmp",
        "EMSsimed01req_20251123090507st01000000000001.xml",
        "x.tmp",
    ];
    for name in kept.iter().chain(&[".kyukyu-20251123090507st01000000000001.tmp"]) {
        bench.put(&format!("req/{name}"), b"x");
    }
    fs::create_dir(bench.path("req/.kyukyu-20251123090507st01000000000002.tmp")).unwrap();
    let (mut worker, _events) = worker(config(bench.root.path(), "st01"));
    worker.poll(Instant::now());
    let names = bench.names("req");
    assert!(kept.iter().all(|name| names.contains(&(*name).to_owned())), "{names:?}");
    assert_eq!(names.len(), kept.len() + 1, "a folder is not a leftover");
}

#[test]
fn face_results_are_counted_listed_and_copied_in_place() {
    let mut bench = Bench::new();
    let name = |stamp: &str| format!("OQSsiquc01res_face_1311234567Ab-9_{stamp}.xml");
    bench.put(&format!("face/{}", name("20261123090000")), ONE);
    bench.put(&format!("face/{}", name("20261123091000")), &ONE[..400]);
    bench.put(&format!("face/{}", name("20261123092000")), SUMMARY);
    for foreign in ["OQSsiquc01res_1.xml", "OQSsiquc01res_face_131123456_20261123090000.xml", "thumbs.db"] {
        bench.put(&format!("face/{foreign}"), ONE);
    }
    let link = name("20261123093000");
    std::os::unix::fs::symlink("/etc/hostname", bench.path("face").join(&link)).unwrap();
    let before = bench.names("face");

    assert_eq!(bench.tell(Command::CountFaces), [Event::FaceCount(4)]);
    let told = bench.tell(Command::ListFaces { newest: 10 });
    let [Event::Faces(faces)] = told.as_slice() else { panic!("{told:?}") };
    let shown: Vec<_> = faces
        .iter()
        .map(|f| {
            (f.at.as_str(), f.person.as_ref().map(|p| p.name.as_str()).map_err(|why| why.contains("。")))
        })
        .collect();
    assert_eq!(
        shown,
        [
            ("20261123093000", Err(true)),
            ("20261123092000", Err(true)),
            ("20261123091000", Err(true)),
            ("20261123090000", Ok("架空　太郎"))
        ]
    );
    assert_eq!(faces[3].person.as_ref().unwrap().kana.as_str(), "ｶｸｳ ﾀﾛｳ");
    let copy = Command::CopyFace { name: name("20261123090000") };
    let copied =
        Event::FaceCopied { name: name("20261123090000"), bytes: ONE.to_vec(), hash: ContentHash::of(ONE) };
    assert_eq!(bench.tell(copy), [copied]);
    for refused in
        [link.as_str(), "../req/x", "OQSsiquc01res_1.xml", &name("20261123091000"), &name("20200101000000")]
    {
        let told = bench.tell(Command::CopyFace { name: refused.to_owned() });
        assert!(matches!(told.as_slice(), [Event::FaceFailed { .. }]), "{refused}: {told:?}");
    }
    assert_eq!(bench.names("face"), before, "nothing was moved or deleted");
    let told = bench.tell(Command::ListFaces { newest: 1 });
    assert!(matches!(told.as_slice(), [Event::Faces(faces)] if faces.len() == 1));
}

#[test]
fn a_writer_may_publish_by_a_second_name_for_a_moment() {
    let mut bench = Bench::new();
    bench.sent();
    bench.put("res/part", SUMMARY);
    fs::hard_link(bench.path("res/part"), bench.path("res").join(answer("xml"))).unwrap();
    assert_eq!(bench.poll(), []);
    fs::remove_file(bench.path("res/part")).unwrap();
    assert_eq!(bench.poll(), [answered(SUMMARY)]);
}

#[test]
fn a_file_that_changed_since_the_look_is_not_read() {
    let bench = Bench::new();
    let folder = super::super::file::OpenFolder::open(&bench.path("res")).unwrap();
    bench.put("res/a", b"one");
    let super::super::file::Look::Regular(stamp) = folder.look("a") else { panic!() };
    assert_eq!(folder.read("a", stamp), Some(b"one".to_vec()));
    bench.put("res/a", b"other");
    assert_eq!(folder.read("a", stamp), None);
    fs::remove_file(bench.path("res/a")).unwrap();
    std::os::unix::fs::symlink("/etc/hostname", bench.path("res/a")).unwrap();
    assert_eq!(folder.read("a", stamp), None, "a link that took its place");
}
