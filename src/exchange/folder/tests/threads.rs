//! The real threads, with inotify and without.

use super::*;

/// Lets the real threads run until an event fits; everything before it is dropped.
fn wait_for(events: &Receiver<Event>, fits: impl Fn(&Event) -> bool) -> Option<Event> {
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        let event = events.recv_timeout(deadline.saturating_duration_since(Instant::now())).ok()?;
        if fits(&event) {
            return Some(event);
        }
    }
}

fn started(root: &Path, station: &str, change: impl FnOnce(&mut FolderConfig)) -> (Folder, Receiver<Event>) {
    let (sender, events) = mpsc::channel();
    let mut config = config(root, station);
    change(&mut config);
    let sink = Box::new(move |event| {
        let _ = sender.send(event);
    });
    (Folder::start(config, sink).unwrap(), events)
}

#[test]
fn two_stations_share_one_folder() {
    let bench = Bench::new();
    let mut stations = Vec::new();
    for station in ["st01", "st02"] {
        let (folder, events) = started(bench.root.path(), station, |config| {
            config.poll_awaiting = Duration::from_millis(20);
        });
        let name = request().replace("st01", station);
        folder.send(write(&name)).unwrap();
        assert!(wait_for(&events, |e| matches!(e, Event::Written { .. })).is_some());
        stations.push((station, name, folder, events));
    }
    let other = |station: &str| if station == "st01" { SUMMARY } else { ONE };
    for (station, name, ..) in &stations {
        fs::remove_file(bench.path("req").join(name)).unwrap();
        bench.put(&format!("res/{}", answer("xml").replace("st01", station)), other(station));
    }
    for (station, name, _folder, events) in &stations {
        let Some(Event::Answer { request, bytes, .. }) =
            wait_for(events, |e| matches!(e, Event::Answer { .. }))
        else {
            panic!("no answer for {station}");
        };
        assert_eq!((&request, bytes.as_slice()), (name, other(station)));
        assert!(events.recv_timeout(Duration::from_millis(200)).is_err(), "nothing of the other station");
    }
}

#[test]
fn events_make_it_fast_and_without_them_the_poll_is_enough() {
    for watch in [true, false] {
        let bench = Bench::new();
        let (folder, events) = started(bench.root.path(), "st01", |config| {
            config.watch = watch;
            // With events the poll would come too late, so an early answer is theirs.
            config.poll_awaiting = Duration::from_millis(if watch { 60_000 } else { 200 });
        });
        assert!(wait_for(&events, |e| matches!(e, Event::Link(LinkState::Ok))).is_some());
        folder.send(write(&request())).unwrap();
        assert!(wait_for(&events, |e| matches!(e, Event::Written { .. })).is_some());
        fs::remove_file(bench.path("req").join(request())).unwrap();
        assert!(wait_for(&events, |e| matches!(e, Event::Taken { .. })).is_some(), "watch: {watch}");
        // So that the look which saw it taken cannot see the answer too.
        std::thread::sleep(Duration::from_millis(100));
        bench.put("res/.part", SUMMARY);
        fs::rename(bench.path("res/.part"), bench.path("res").join(answer("xml"))).unwrap();
        let found = wait_for(&events, |e| matches!(e, Event::Answer { .. }));
        assert_eq!(found, Some(answered(SUMMARY)), "watch: {watch}");
    }
}

#[test]
fn events_survive_the_folder_being_replaced() {
    let bench = Bench::new();
    let (folder, events) = started(bench.root.path(), "st01", |config| {
        config.poll_awaiting = Duration::from_millis(100);
    });
    folder.send(write(&request())).unwrap();
    fs::rename(bench.path("res"), bench.path("old")).unwrap();
    fs::create_dir(bench.path("res")).unwrap();
    std::thread::sleep(Duration::from_millis(300));
    bench.put(&format!("res/{}", answer("xml")), SUMMARY);
    assert_eq!(wait_for(&events, |e| matches!(e, Event::Answer { .. })), Some(answered(SUMMARY)));
}

#[test]
fn closing_the_door_ends_the_threads() {
    let bench = Bench::new();
    let (folder, events) = started(bench.root.path(), "st01", |_| {});
    assert!(wait_for(&events, |e| matches!(e, Event::Link(_))).is_some());
    drop(folder);
    let ended = loop {
        match events.recv_timeout(Duration::from_secs(5)) {
            Ok(_) => {}
            Err(mpsc::RecvTimeoutError::Disconnected) => break true,
            Err(mpsc::RecvTimeoutError::Timeout) => break false,
        }
    };
    assert!(ended, "both threads have dropped the sink");
}
