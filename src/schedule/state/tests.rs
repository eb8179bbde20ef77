//! The state machine, played against a world that does anything.

use proptest::prelude::*;

use super::*;

/// Runs of equal cost, at places that take one each.
fn plan(runs: usize, places: usize) -> Plan {
    Plan { costs: vec![1.0; runs], takes: vec![1; runs], rooms: vec![1; places] }
}

fn begin(runs: usize, places: usize) -> (Sweep, Vec<Action>) {
    Sweep::begin(&plan(runs, places), 1)
}

/// What is to be started: run, place, worker.
fn starts(actions: &[Action]) -> Vec<(usize, usize, u64)> {
    let start = |action: &Action| match *action {
        Action::Start { run, place, worker, .. } => Some((run, place, worker)),
        Action::Stop { .. } => None,
    };
    actions.iter().filter_map(start).collect()
}

const fn ended(run: usize, ending: Ending) -> Event {
    Event::Ended { run, ending }
}

#[test]
fn one_place_has_one_run_after_the_other_in_the_plans_order_each_in_a_worker_of_its_own() {
    let (mut sweep, actions) = begin(3, 1);
    assert_eq!(actions, [Action::Start { run: 0, place: 0, worker: 0, sharing: 1 }]);
    assert_eq!(starts(&sweep.handle(Event::Closed { worker: 0 })), []);
    assert_eq!(starts(&sweep.handle(ended(0, Ending::Finished))), [(1, 0, 1)]);
    assert_eq!(starts(&sweep.handle(Event::Closed { worker: 1 })), []);
    assert_eq!(starts(&sweep.handle(ended(1, Ending::Finished))), [(2, 0, 2)]);
    assert!(!sweep.is_over());
    assert_eq!(sweep.handle(ended(2, Ending::Finished)), []);
    assert!(sweep.is_over());
}

#[test]
fn the_costliest_goes_first() {
    let (_, actions) = Sweep::begin(&Plan { costs: vec![1.0, 3.0, 3.0, f64::INFINITY], ..plan(4, 4) }, 0);
    let order: Vec<usize> = starts(&actions).into_iter().map(|(run, ..)| run).collect();
    assert_eq!(order, [3, 1, 2, 0]);
}

#[test]
fn a_failed_run_does_not_stop_the_others_and_is_not_tried_again() {
    let (mut sweep, _) = begin(3, 2);
    assert_eq!(starts(&sweep.handle(ended(1, Ending::Failed)))[0].0, 2);
    assert_eq!(sweep.endings().collect::<Vec<_>>(), [None, Some(Ending::Failed), None]);
}

#[test]
fn a_crashed_run_is_tried_again_after_the_others_and_not_for_ever() {
    let (mut sweep, _) = begin(2, 1);
    assert_eq!(starts(&sweep.handle(ended(0, Ending::Crashed))), [(1, 0, 1)]);
    assert_eq!(sweep.ending(0), None);
    let actions = sweep.handle(ended(1, Ending::Finished));
    assert_eq!(starts(&actions), [(0, 0, 2)]);
    assert_eq!(sweep.handle(ended(0, Ending::Crashed)), []);
    assert_eq!(sweep.ending(0), Some(Ending::Crashed));
    assert!(sweep.is_over());
}

#[test]
fn what_another_sweep_has_is_waited_for_and_taken_over_where_it_is_left() {
    let (mut sweep, _) = begin(2, 1);
    assert_eq!(starts(&sweep.handle(Event::Busy { run: 0 }))[0].0, 1);
    assert_eq!(sweep.handle(Event::Busy { run: 1 }), []);
    assert!(!sweep.is_over());
    assert_eq!(sweep.elsewhere().collect::<Vec<_>>(), [0, 1]);
    assert_eq!(sweep.handle(Event::EndedElsewhere { run: 0, ending: Ending::Finished }), []);
    assert_eq!(starts(&sweep.handle(Event::Freed { run: 1 }))[0].0, 1);
    // News from elsewhere of what is here cannot be.
    assert_eq!(sweep.handle(Event::EndedElsewhere { run: 1, ending: Ending::Finished }), []);
    assert_eq!(sweep.ending(1), None);
    sweep.handle(ended(1, Ending::Finished));
    assert!(sweep.is_over());
}

#[test]
fn an_interruption_stops_what_goes_on_and_starts_nothing_more() {
    let (mut sweep, _) = begin(5, 3);
    sweep.handle(Event::Busy { run: 2 });
    assert_eq!(sweep.handle(Event::Interrupted), [Action::Stop { run: 0 }, Action::Stop { run: 1 }, Action::Stop { run: 3 }]);
    assert_eq!(sweep.handle(Event::Interrupted), []);
    assert_eq!(sweep.handle(Event::Freed { run: 2 }), []);
    assert_eq!(sweep.handle(ended(0, Ending::Stopped)), []);
    // It was quicker than the signal: a finished run stays finished.
    assert_eq!(sweep.handle(ended(1, Ending::Finished)), []);
    assert_eq!(sweep.handle(ended(3, Ending::Crashed)), []);
    assert!(sweep.is_over() && sweep.was_interrupted());
    let endings = [Some(Ending::Stopped), Some(Ending::Finished), None, Some(Ending::Crashed), None];
    assert_eq!(sweep.endings().collect::<Vec<_>>(), endings);
}

#[test]
fn a_sweep_of_nothing_is_over_at_once() {
    let (sweep, actions) = begin(0, 3);
    assert!(sweep.is_over() && actions.is_empty());
}

#[test]
fn runs_at_one_place_share_a_worker_and_one_that_ends_makes_room_for_the_next_at_once() {
    let plan = Plan { rooms: vec![3, 2], ..plan(8, 1) };
    let (mut sweep, actions) = Sweep::begin(&plan, 0);
    assert_eq!(starts(&actions), [(0, 0, 0), (1, 1, 1), (2, 0, 0), (3, 1, 1), (4, 0, 0)], "spread over the places");
    assert_eq!(starts(&sweep.handle(ended(2, Ending::Finished))), [(5, 0, 0)]);
    assert_eq!(starts(&sweep.handle(ended(1, Ending::Failed))), [(6, 1, 1)]);
    // A worker that has ended takes no more.
    sweep.handle(Event::Closed { worker: 0 });
    assert_eq!(starts(&sweep.handle(ended(0, Ending::Finished))), [(7, 0, 2)]);
}

#[test]
fn a_run_takes_the_room_it_needs_and_none_that_waits_longer_is_passed_by() {
    // Of 840: an eighth, a quarter, all.
    let plan = Plan { costs: vec![1.0, 5.0, 5.0, 9.0, 1.0], takes: vec![105, 210, 210, 2000, 105], rooms: vec![840] };
    let (mut sweep, actions) = Sweep::begin(&plan, 0);
    assert_eq!(actions, [Action::Start { run: 3, place: 0, worker: 0, sharing: 1 }]);
    let actions = sweep.handle(ended(3, Ending::Finished));
    assert_eq!(actions[0], Action::Start { run: 1, place: 0, worker: 0, sharing: 4 });
    assert_eq!(actions[2], Action::Start { run: 0, place: 0, worker: 0, sharing: 8 });
    assert_eq!(actions.len(), 4);
}

#[test]
fn a_crash_in_company_is_nobodys_and_halves_the_company_until_the_culprit_is_alone() {
    let plan = Plan { rooms: vec![4], ..plan(6, 1) };
    let (mut sweep, _) = Sweep::begin(&plan, 0);
    // The worker of 0, 1, 2 and 3 has ended; 4 and 5 were never near.
    assert_eq!(sweep.handle(Event::Closed { worker: 0 }), []);
    let mut actions = Vec::new();
    for run in 0..4 {
        actions.extend(sweep.handle(ended(run, Ending::Crashed)));
    }
    // Those that were not near it go first; two of the others follow, in a worker of their own.
    assert_eq!(starts(&actions), [(4, 0, 1), (5, 0, 1), (0, 0, 2)]);
    actions = sweep.handle(ended(4, Ending::Finished));
    assert_eq!(starts(&actions), []);
    actions = sweep.handle(ended(5, Ending::Finished));
    assert_eq!(actions, [Action::Start { run: 1, place: 0, worker: 2, sharing: 2 }]);
    // 1 is the culprit.
    sweep.handle(Event::Closed { worker: 2 });
    actions = sweep.handle(ended(0, Ending::Crashed));
    assert_eq!(starts(&actions), [(2, 0, 3)]);
    actions = sweep.handle(ended(1, Ending::Crashed));
    assert_eq!(starts(&actions), [(3, 0, 3)]);
    sweep.handle(ended(2, Ending::Finished));
    actions = sweep.handle(ended(3, Ending::Finished));
    assert_eq!(actions, [Action::Start { run: 0, place: 0, worker: 4, sharing: 1 }]);
    actions = sweep.handle(ended(0, Ending::Finished));
    assert_eq!(starts(&actions), [(1, 0, 5)], "a worker of its own");
    assert_eq!(sweep.handle(ended(1, Ending::Crashed)), []);
    let endings = [Ending::Finished, Ending::Crashed, Ending::Finished, Ending::Finished, Ending::Finished, Ending::Finished];
    assert_eq!((sweep.endings().collect::<Vec<_>>(), sweep.is_over()), (endings.map(Some).to_vec(), true));
}

#[test]
fn a_run_that_hung_in_company_is_tried_alone_and_those_beside_it_as_before() {
    let (mut sweep, _) = Sweep::begin(&Plan { rooms: vec![3], ..plan(3, 1) }, 0);
    sweep.handle(Event::Closed { worker: 0 });
    let mut actions = sweep.handle(Event::Lost { run: 1, hung: false });
    actions.extend(sweep.handle(Event::Lost { run: 2, hung: false }));
    actions.extend(sweep.handle(Event::Lost { run: 0, hung: true }));
    assert_eq!(starts(&actions), [(1, 0, 1), (2, 0, 1)]);
    sweep.handle(ended(1, Ending::Finished));
    assert_eq!(sweep.handle(ended(2, Ending::Finished)), [Action::Start { run: 0, place: 0, worker: 2, sharing: 1 }]);
    sweep.handle(ended(0, Ending::Crashed));
    assert!(sweep.is_over(), "now it is blamed, and there is no other try");
}

/// What the world outside does next.
#[derive(Debug, Clone, Copy)]
enum Turn {
    End(Ending),
    /// A worker dies with all its runs.
    Die,
    /// A worker is killed because one of its runs hangs.
    Hang,
    Busy,
    Free,
    EndElsewhere(Ending),
}

fn turns() -> impl Strategy<Value = Vec<(prop::sample::Index, Turn)>> {
    let elsewhere = prop_oneof![3 => Just(Ending::Finished), 1 => Just(Ending::Diverged), 1 => Just(Ending::Failed)];
    let ending = prop_oneof![5 => elsewhere.clone(), 2 => Just(Ending::Crashed)];
    let turn = prop_oneof![
        4 => ending.prop_map(Turn::End),
        2 => Just(Turn::Die),
        1 => Just(Turn::Hang),
        1 => Just(Turn::Busy),
        1 => Just(Turn::Free),
        2 => elsewhere.prop_map(Turn::EndElsewhere)
    ];
    // The last ones let every sweep come to its end.
    let end = (any::<prop::sample::Index>(), Just(Turn::End(Ending::Finished)));
    let end_elsewhere = (any::<prop::sample::Index>(), Just(Turn::EndElsewhere(Ending::Finished)));
    (prop::collection::vec((any::<prop::sample::Index>(), turn), 0..60), end, end_elsewhere)
        .prop_map(|(turns, end, elsewhere)| turns.into_iter().chain([end, elsewhere]).collect())
}

/// A run that goes on outside.
#[derive(Debug, Clone, Copy)]
struct Going {
    run: usize,
    place: usize,
    worker: u64,
}

/// What a play of the world outside saw.
struct Seen {
    sweep: Sweep,
    /// How often each run was begun here: started, and not found to belong to another.
    begun: Vec<u32>,
    /// Of each run in a worker that had no other.
    crashes: Vec<u32>,
    /// Of each run in a worker that had others.
    shared_crashes: Vec<u32>,
    /// Workers that were killed for another run.
    disturbed: Vec<u32>,
}

struct World<'a> {
    plan: &'a Plan,
    going: Vec<Going>,
    /// The runs that each worker was given.
    served: BTreeMap<u64, Vec<usize>>,
    seen: Seen,
}

impl World<'_> {
    fn act(&mut self, actions: &[Action]) {
        for action in actions {
            let &Action::Start { run, place, worker, sharing } = action else { continue };
            let sweep = &self.seen.sweep;
            assert!(!sweep.was_interrupted(), "a run was started after the interruption");
            assert_eq!(sweep.ending(run), None, "a run that had ended was started");
            assert!(self.going.iter().all(|going| going.run != run), "run {run} was started twice");
            assert!(self.going.iter().all(|going| going.worker != worker || going.place == place), "a worker has moved");
            self.going.push(Going { run, place, worker });
            self.served.entry(worker).or_default().push(run);
            let beside = self.going.iter().filter(|going| going.worker == worker).count();
            let here: u32 = self.going.iter().filter(|going| going.place == place).map(|going| self.plan.takes[going.run]).sum();
            let alone = self.going.iter().filter(|going| going.place == place).count() == 1;
            assert!(here <= self.plan.rooms[place] || alone, "place {place} is too full");
            let crashes = self.seen.shared_crashes[run];
            assert!(
                beside <= (self.plan.costs.len() >> crashes).max(1) && sharing >= 1,
                "a run near {crashes} crashes shares its worker"
            );
        }
    }

    fn leave(&mut self, index: usize) -> Going {
        let going = self.going.swap_remove(index);
        self.seen.begun[going.run] += 1;
        going
    }

    /// A run comes to its end.
    fn end(&mut self, index: usize, ending: Ending) {
        let Going { run, worker, .. } = self.leave(index);
        if ending == Ending::Crashed {
            let shared = self.served[&worker].len() > 1;
            let count = if shared { &mut self.seen.shared_crashes } else { &mut self.seen.crashes };
            count[run] += 1;
        }
        let actions = self.seen.sweep.handle(ended(run, ending));
        // The same end told twice changes nothing, unless the run was started again at once.
        if !starts(&actions).iter().any(|&(other, ..)| other == run) {
            assert_eq!(self.seen.sweep.clone().handle(ended(run, Ending::Failed)), []);
        }
        self.act(&actions);
    }

    /// A worker ends with all that it had, because it crashes or because one of its runs hangs.
    fn die(&mut self, worker: u64, hung: Option<usize>) {
        let actions = self.seen.sweep.handle(Event::Closed { worker });
        self.act(&actions);
        while let Some(index) = self.going.iter().position(|going| going.worker == worker) {
            let run = self.going[index].run;
            if self.served[&worker].len() > 1 && hung.is_some() {
                self.leave(index);
                self.seen.disturbed[run] += 1;
                let actions = self.seen.sweep.handle(Event::Lost { run, hung: hung == Some(run) });
                self.act(&actions);
            } else {
                self.end(index, Ending::Crashed);
            }
        }
    }
}

/// Plays the world outside: what was started goes on until a turn picks it; `stop_at` interrupts at
/// that turn.
fn play(plan: &Plan, retries: u32, turns: &[(prop::sample::Index, Turn)], stop_at: Option<usize>) -> Seen {
    let none = vec![0; plan.costs.len()];
    let (sweep, actions) = Sweep::begin(plan, retries);
    let seen = Seen { sweep, begun: none.clone(), crashes: none.clone(), shared_crashes: none.clone(), disturbed: none };
    let mut world = World { plan, going: Vec::new(), served: BTreeMap::new(), seen };
    world.act(&actions);
    let script = turns.iter().chain(turns[turns.len() - 2..].iter().cycle());
    for (number, &(pick, turn)) in script.enumerate() {
        if world.seen.sweep.is_over() {
            assert!(world.going.is_empty());
            break;
        }
        assert!(number < 10_000, "the sweep does not end");
        if stop_at == Some(number) {
            assert_eq!(world.seen.sweep.handle(Event::Interrupted).len(), world.going.len());
        }
        let elsewhere: Vec<usize> = world.seen.sweep.elsewhere().collect();
        let picked = (!world.going.is_empty()).then(|| pick.index(world.going.len()));
        match (turn, picked) {
            (Turn::End(ending), Some(index)) => world.end(index, ending),
            (Turn::Die, Some(index)) => world.die(world.going[index].worker, None),
            (Turn::Hang, Some(index)) => world.die(world.going[index].worker, Some(world.going[index].run)),
            (Turn::Busy, Some(index)) => {
                let Going { run, .. } = world.going.swap_remove(index);
                let actions = world.seen.sweep.handle(Event::Busy { run });
                world.act(&actions);
            }
            (Turn::Free, _) if !elsewhere.is_empty() => {
                let actions = world.seen.sweep.handle(Event::Freed { run: *pick.get(&elsewhere) });
                world.act(&actions);
            }
            (Turn::EndElsewhere(ending), _) if !elsewhere.is_empty() => {
                let actions = world.seen.sweep.handle(Event::EndedElsewhere { run: *pick.get(&elsewhere), ending });
                world.act(&actions);
            }
            _ => {}
        }
    }
    world.seen
}

/// Runs that take up to a whole place, at up to four places.
fn plans() -> impl Strategy<Value = Plan> {
    (prop::collection::vec(1_u32..5, 0..30), prop::collection::vec(1_u32..9, 1..5)).prop_map(|(takes, rooms)| Plan {
        costs: vec![1.0; takes.len()],
        takes,
        rooms,
    })
}

proptest! {
    #[test]
    fn every_run_ends_and_an_innocent_one_keeps_its_tries(
        plan in plans(),
        retries in 0_u32..3,
        turns in turns(),
    ) {
        let Seen { sweep, begun, crashes, shared_crashes, disturbed } = play(&plan, retries, &turns, None);
        for run in 0..plan.costs.len() {
            prop_assert!(sweep.ending(run).is_some());
            prop_assert!(begun[run] <= crashes[run] + shared_crashes[run] + disturbed[run] + 1);
            // Sharing is halved at most so often before there is none.
            prop_assert!(crashes[run] <= retries + 1 && shared_crashes[run] <= 5);
            // A run has failed only where it crashed in a worker of its own, as often as it may and once more.
            prop_assert_eq!(crashes[run] > retries, sweep.ending(run) == Some(Ending::Crashed));
        }
    }

    #[test]
    fn an_interrupted_sweep_ends_too_and_starts_nothing_more(
        plan in plans(),
        turns in turns(),
        stop_at in 0_usize..40,
    ) {
        let Seen { sweep, begun, crashes, shared_crashes, disturbed } = play(&plan, 2, &turns, Some(stop_at));
        for run in 0..plan.costs.len() {
            prop_assert!(begun[run] <= crashes[run] + shared_crashes[run] + disturbed[run] + 1);
            prop_assert!(sweep.was_interrupted() || sweep.ending(run).is_some());
        }
    }
}
