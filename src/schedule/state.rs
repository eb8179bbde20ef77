//! Which run goes where, and when: a state machine without processes, clocks or files. Events in, actions out.

use std::collections::VecDeque;

/// What happened outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// A run that was started has come to its end.
    Ended { run: usize, ending: Ending },
    /// A run that was to be started belongs to another sweep.
    Busy { run: usize },
    /// A run that belonged to another sweep has come to its end there.
    EndedElsewhere { run: usize, ending: Ending },
    /// A run that belonged to another sweep was left unfinished.
    Freed { run: usize },
    /// The user wants to stop.
    Interrupted,
}

/// What is to be done outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    Start { run: usize, slot: usize },
    Stop { run: usize },
}

/// How a run came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    Finished,
    Diverged,
    /// Another try would fail in the same way.
    Failed,
    /// Another try may succeed.
    Crashed,
    /// Stopped by the user before its end.
    Stopped,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Run {
    Waiting,
    Running {
        slot: usize,
    },
    /// Another sweep works on it.
    Elsewhere,
    Ended(Ending),
}

/// The state of a sweep: runs that wait, the longest first, and slots that take one each.
#[derive(Debug, Clone)]
pub struct Sweep {
    runs: Vec<Run>,
    /// Crashes that each run may still survive.
    retries: Vec<u32>,
    waiting: VecDeque<usize>,
    /// The lowest number last, so that it is taken first.
    free: Vec<usize>,
    interrupted: bool,
}

impl Sweep {
    /// A sweep of runs that cost so much each (in any unit), of which as many go on at a time as there are slots; and what to do
    /// first. A run that crashes is tried again up to `retries` times.
    ///
    /// The costliest run goes first, so that none is left to go on alone at the end; of equals the plan's first.
    #[must_use]
    pub fn begin(costs: &[f64], slots: usize, retries: u32) -> (Self, Vec<Action>) {
        let mut order: Vec<usize> = (0..costs.len()).collect();
        order.sort_by(|&one, &two| costs[two].total_cmp(&costs[one]));
        let mut sweep = Self {
            runs: vec![Run::Waiting; costs.len()],
            retries: vec![retries; costs.len()],
            waiting: order.into(),
            free: (0..slots).rev().collect(),
            interrupted: false,
        };
        let actions = sweep.fill();
        (sweep, actions)
    }

    /// Takes note of an event and says what to do about it.
    ///
    /// What cannot be is ignored: the end of a run that does not go on, news from elsewhere of a run that is here, a second
    /// interruption.
    pub fn handle(&mut self, event: Event) -> Vec<Action> {
        match event {
            Event::Ended { run, ending } => {
                if let Some(slot) = self.slot(run) {
                    self.release(slot);
                    self.runs[run] = Run::Ended(ending);
                    if ending == Ending::Crashed && self.retries[run] > 0 && !self.interrupted {
                        self.retries[run] -= 1;
                        self.wait(run);
                    }
                }
            }
            Event::Busy { run } => {
                if let Some(slot) = self.slot(run) {
                    self.release(slot);
                    self.runs[run] = Run::Elsewhere;
                }
            }
            Event::EndedElsewhere { run, ending } if self.is_elsewhere(run) => self.runs[run] = Run::Ended(ending),
            Event::Freed { run } if self.is_elsewhere(run) => self.wait(run),
            Event::EndedElsewhere { .. } | Event::Freed { .. } => {}
            Event::Interrupted if self.interrupted => {}
            Event::Interrupted => {
                self.interrupted = true;
                self.waiting.clear();
                return self.running().map(|run| Action::Stop { run }).collect();
            }
        }
        self.fill()
    }

    /// Nothing goes on and nothing will, here or in another sweep. An interrupted sweep does not wait for others.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.waiting.is_empty() && self.running().next().is_none() && (self.interrupted || self.elsewhere().next().is_none())
    }

    #[must_use]
    pub const fn was_interrupted(&self) -> bool {
        self.interrupted
    }

    /// A run could be started now.
    #[must_use]
    pub fn has_room(&self) -> bool {
        !self.free.is_empty()
    }

    /// The runs that belong to another sweep.
    pub fn elsewhere(&self) -> impl Iterator<Item = usize> {
        (0..self.runs.len()).filter(|&run| self.is_elsewhere(run))
    }

    /// How a run ended; `None` while it may still go on.
    #[must_use]
    pub fn ending(&self, run: usize) -> Option<Ending> {
        match self.runs.get(run)? {
            Run::Ended(ending) => Some(*ending),
            Run::Waiting | Run::Running { .. } | Run::Elsewhere => None,
        }
    }

    /// How each run ended, in the plan's order; `None` for those that did not.
    pub fn endings(&self) -> impl Iterator<Item = Option<Ending>> {
        (0..self.runs.len()).map(|run| self.ending(run))
    }

    fn running(&self) -> impl Iterator<Item = usize> {
        (0..self.runs.len()).filter(|&run| self.slot(run).is_some())
    }

    fn slot(&self, run: usize) -> Option<usize> {
        match self.runs.get(run)? {
            Run::Running { slot } => Some(*slot),
            Run::Waiting | Run::Elsewhere | Run::Ended(_) => None,
        }
    }

    fn is_elsewhere(&self, run: usize) -> bool {
        self.runs.get(run) == Some(&Run::Elsewhere)
    }

    fn release(&mut self, slot: usize) {
        self.free.push(slot);
        self.free.sort_unstable_by(|a, b| b.cmp(a));
    }

    /// Behind all others: a run that crashes again and again holds nobody up.
    fn wait(&mut self, run: usize) {
        self.runs[run] = Run::Waiting;
        if !self.interrupted {
            self.waiting.push_back(run);
        }
    }

    /// Gives free slots to waiting runs.
    fn fill(&mut self) -> Vec<Action> {
        let mut actions = Vec::new();
        while !self.waiting.is_empty()
            && let Some(slot) = self.free.pop()
            && let Some(run) = self.waiting.pop_front()
        {
            self.runs[run] = Run::Running { slot };
            actions.push(Action::Start { run, slot });
        }
        actions
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn begin(runs: usize, slots: usize) -> (Sweep, Vec<Action>) {
        Sweep::begin(&vec![1.0; runs], slots, 1)
    }

    #[test]
    fn one_slot_runs_one_after_the_other_in_the_plans_order() {
        let (mut sweep, actions) = begin(3, 1);
        assert_eq!(actions, [Action::Start { run: 0, slot: 0 }]);
        let ended = |run| Event::Ended { run, ending: Ending::Finished };
        assert_eq!(sweep.handle(ended(0)), [Action::Start { run: 1, slot: 0 }]);
        assert_eq!(sweep.handle(ended(1)), [Action::Start { run: 2, slot: 0 }]);
        assert!(!sweep.is_over());
        assert_eq!(sweep.handle(ended(2)), []);
        assert!(sweep.is_over());
    }

    #[test]
    fn the_costliest_goes_first() {
        let (_, actions) = Sweep::begin(&[1.0, 3.0, 3.0, f64::INFINITY], 4, 0);
        let order: Vec<usize> =
            actions.iter().map(|action| if let Action::Start { run, .. } = action { *run } else { 99 }).collect();
        assert_eq!(order, [3, 1, 2, 0]);
    }

    #[test]
    fn a_failed_run_does_not_stop_the_others_and_is_not_tried_again() {
        let (mut sweep, _) = begin(3, 2);
        let actions = sweep.handle(Event::Ended { run: 1, ending: Ending::Failed });
        assert_eq!(actions, [Action::Start { run: 2, slot: 1 }]);
        assert_eq!(sweep.endings().collect::<Vec<_>>(), [None, Some(Ending::Failed), None]);
    }

    #[test]
    fn a_crashed_run_is_tried_again_after_the_others_and_not_for_ever() {
        let (mut sweep, _) = begin(2, 1);
        let crashed = Event::Ended { run: 0, ending: Ending::Crashed };
        assert_eq!(sweep.handle(crashed), [Action::Start { run: 1, slot: 0 }]);
        assert_eq!(sweep.ending(0), None);
        assert_eq!(sweep.handle(Event::Ended { run: 1, ending: Ending::Finished }), [Action::Start { run: 0, slot: 0 }]);
        assert_eq!(sweep.handle(crashed), []);
        assert_eq!(sweep.ending(0), Some(Ending::Crashed));
        assert!(sweep.is_over());
    }

    #[test]
    fn what_another_sweep_has_is_waited_for_and_taken_over_where_it_is_left() {
        let (mut sweep, _) = begin(2, 1);
        assert_eq!(sweep.handle(Event::Busy { run: 0 }), [Action::Start { run: 1, slot: 0 }]);
        assert_eq!(sweep.handle(Event::Busy { run: 1 }), []);
        assert!(!sweep.is_over());
        assert_eq!(sweep.elsewhere().collect::<Vec<_>>(), [0, 1]);
        assert_eq!(sweep.handle(Event::EndedElsewhere { run: 0, ending: Ending::Finished }), []);
        assert_eq!(sweep.handle(Event::Freed { run: 1 }), [Action::Start { run: 1, slot: 0 }]);
        // News from elsewhere of what is here cannot be.
        assert_eq!(sweep.handle(Event::EndedElsewhere { run: 1, ending: Ending::Finished }), []);
        assert_eq!(sweep.ending(1), None);
        sweep.handle(Event::Ended { run: 1, ending: Ending::Finished });
        assert!(sweep.is_over());
    }

    #[test]
    fn an_interruption_stops_what_goes_on_and_starts_nothing_more() {
        let (mut sweep, _) = begin(5, 3);
        sweep.handle(Event::Busy { run: 2 });
        assert_eq!(sweep.handle(Event::Interrupted), [Action::Stop { run: 0 }, Action::Stop { run: 1 }, Action::Stop { run: 3 }]);
        assert_eq!(sweep.handle(Event::Interrupted), []);
        assert_eq!(sweep.handle(Event::Freed { run: 2 }), []);
        assert_eq!(sweep.handle(Event::Ended { run: 0, ending: Ending::Stopped }), []);
        // It was quicker than the signal: a finished run stays finished.
        assert_eq!(sweep.handle(Event::Ended { run: 1, ending: Ending::Finished }), []);
        assert_eq!(sweep.handle(Event::Ended { run: 3, ending: Ending::Crashed }), []);
        assert!(sweep.is_over() && sweep.was_interrupted());
        let endings = [Some(Ending::Stopped), Some(Ending::Finished), None, Some(Ending::Crashed), None];
        assert_eq!(sweep.endings().collect::<Vec<_>>(), endings);
    }

    #[test]
    fn a_sweep_of_nothing_is_over_at_once() {
        let (sweep, actions) = begin(0, 3);
        assert!(sweep.is_over() && actions.is_empty());
    }

    /// What the world outside does next.
    #[derive(Debug, Clone, Copy)]
    enum Turn {
        End(Ending),
        Busy,
        Free,
        EndElsewhere(Ending),
    }

    fn turns() -> impl Strategy<Value = Vec<(prop::sample::Index, Turn)>> {
        let ending = || {
            prop_oneof![
                3 => Just(Ending::Finished),
                1 => Just(Ending::Diverged),
                1 => Just(Ending::Failed),
                2 => Just(Ending::Crashed)
            ]
        };
        let turn = prop_oneof![
            4 => ending().prop_map(Turn::End),
            1 => Just(Turn::Busy),
            1 => Just(Turn::Free),
            2 => ending().prop_map(Turn::EndElsewhere)
        ];
        // The last ones let every sweep come to its end.
        let end = (any::<prop::sample::Index>(), Just(Turn::End(Ending::Finished)));
        let end_elsewhere = (any::<prop::sample::Index>(), Just(Turn::EndElsewhere(Ending::Finished)));
        (prop::collection::vec((any::<prop::sample::Index>(), turn), 0..60), end, end_elsewhere)
            .prop_map(|(turns, end, elsewhere)| turns.into_iter().chain([end, elsewhere]).collect())
    }

    /// What a play of the world outside saw.
    struct Seen {
        sweep: Sweep,
        /// How often each run was begun here: started, and not found to belong to another.
        begun: Vec<u32>,
        crashes: Vec<u32>,
    }

    /// Plays the world outside: what was started goes on until a turn picks it; `stop_at` interrupts at that turn.
    fn play(runs: usize, slots: usize, retries: u32, turns: &[(prop::sample::Index, Turn)], stop_at: Option<usize>) -> Seen {
        let (mut sweep, mut actions) = Sweep::begin(&vec![1.0; runs], slots, retries);
        let mut going: Vec<(usize, usize)> = Vec::new();
        let (mut begun, mut crashes) = (vec![0; runs], vec![0; runs]);
        let script = turns.iter().chain(turns[turns.len() - 2..].iter().cycle());
        for (number, &(pick, turn)) in script.enumerate() {
            for action in actions.drain(..) {
                if let Action::Start { run, slot } = action {
                    assert!(!sweep.was_interrupted(), "a run was started after the interruption");
                    assert!(going.iter().all(|&(other, taken)| other != run && taken != slot), "slot {slot} was given twice");
                    assert_eq!(sweep.ending(run), None, "a run that had ended was started");
                    going.push((run, slot));
                }
            }
            assert!(going.len() <= slots && sweep.has_room() == (going.len() < slots));
            if sweep.is_over() {
                assert!(going.is_empty());
                break;
            }
            assert!(number < 10_000, "the sweep does not end");
            if stop_at == Some(number) {
                assert_eq!(sweep.handle(Event::Interrupted).len(), going.len());
            }
            let elsewhere: Vec<usize> = sweep.elsewhere().collect();
            actions = match turn {
                Turn::End(ending) if !going.is_empty() => {
                    let (run, _) = going.swap_remove(pick.index(going.len()));
                    begun[run] += 1;
                    crashes[run] += u32::from(ending == Ending::Crashed);
                    let actions = sweep.handle(Event::Ended { run, ending });
                    // The same end told twice changes nothing, unless the run was started again at once.
                    if !actions.iter().any(|action| matches!(action, Action::Start { run: again, .. } if *again == run)) {
                        assert_eq!(sweep.clone().handle(Event::Ended { run, ending: Ending::Failed }), []);
                    }
                    actions
                }
                Turn::Busy if !going.is_empty() => {
                    let (run, _) = going.swap_remove(pick.index(going.len()));
                    sweep.handle(Event::Busy { run })
                }
                Turn::Free if !elsewhere.is_empty() => sweep.handle(Event::Freed { run: *pick.get(&elsewhere) }),
                Turn::EndElsewhere(ending) if !elsewhere.is_empty() => {
                    sweep.handle(Event::EndedElsewhere { run: *pick.get(&elsewhere), ending })
                }
                Turn::End(_) | Turn::Busy | Turn::Free | Turn::EndElsewhere(_) => Vec::new(),
            };
        }
        Seen { sweep, begun, crashes }
    }

    proptest! {
        #[test]
        fn every_run_ends_and_is_begun_again_only_after_a_crash(
            runs in 0_usize..30,
            slots in 1_usize..9,
            retries in 0_u32..3,
            turns in turns(),
        ) {
            let Seen { sweep, begun, crashes } = play(runs, slots, retries, &turns, None);
            for run in 0..runs {
                prop_assert!(sweep.ending(run).is_some());
                prop_assert!(begun[run] <= crashes[run] + 1 && crashes[run] <= retries + 1);
                prop_assert!(crashes[run] <= retries || sweep.ending(run) == Some(Ending::Crashed));
            }
        }

        #[test]
        fn an_interrupted_sweep_ends_too_and_starts_nothing_more(
            runs in 0_usize..30,
            slots in 1_usize..9,
            turns in turns(),
            stop_at in 0_usize..40,
        ) {
            let Seen { sweep, begun, crashes } = play(runs, slots, 2, &turns, Some(stop_at));
            for run in 0..runs {
                prop_assert!(begun[run] <= crashes[run] + 1);
                prop_assert!(sweep.was_interrupted() || sweep.ending(run).is_some());
            }
        }
    }
}
