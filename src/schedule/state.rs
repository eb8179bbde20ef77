//! Which run goes where, and when: a state machine without processes, clocks or files. Events in, actions out.

use std::collections::VecDeque;

/// What happened outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// A run that was started has come to its end.
    Ended { run: usize, ending: Ending },
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
    Failed,
    /// Stopped by the user before its end.
    Stopped,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Run {
    Waiting,
    Running { slot: usize },
    Ended(Ending),
}

/// The state of a sweep: runs that wait in the plan's order, and slots that take one each.
#[derive(Debug, Clone)]
pub struct Sweep {
    runs: Vec<Run>,
    waiting: VecDeque<usize>,
    /// The lowest number last, so that it is taken first.
    free: Vec<usize>,
    interrupted: bool,
}

impl Sweep {
    /// A sweep of so many runs, of which as many go on at a time as there are slots; and what to do first.
    #[must_use]
    pub fn begin(runs: usize, slots: usize) -> (Self, Vec<Action>) {
        let mut sweep = Self {
            runs: vec![Run::Waiting; runs],
            waiting: (0..runs).collect(),
            free: (0..slots).rev().collect(),
            interrupted: false,
        };
        let actions = sweep.fill();
        (sweep, actions)
    }

    /// Takes note of an event and says what to do about it.
    ///
    /// An end of a run that does not go on is ignored, and so is a second interruption.
    pub fn handle(&mut self, event: Event) -> Vec<Action> {
        match event {
            Event::Ended { run, ending } => {
                if let Some(Run::Running { slot }) = self.runs.get(run).copied() {
                    self.runs[run] = Run::Ended(ending);
                    self.free.push(slot);
                    self.free.sort_unstable_by(|a, b| b.cmp(a));
                }
                self.fill()
            }
            Event::Interrupted if self.interrupted => Vec::new(),
            Event::Interrupted => {
                self.interrupted = true;
                self.waiting.clear();
                self.running().map(|run| Action::Stop { run }).collect()
            }
        }
    }

    /// Nothing goes on and nothing will.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.waiting.is_empty() && self.running().next().is_none()
    }

    #[must_use]
    pub const fn was_interrupted(&self) -> bool {
        self.interrupted
    }

    /// How each run ended, in the plan's order; `None` for those that were never started.
    pub fn endings(&self) -> impl Iterator<Item = Option<Ending>> {
        self.runs.iter().map(|run| match run {
            Run::Ended(ending) => Some(*ending),
            Run::Waiting | Run::Running { .. } => None,
        })
    }

    fn running(&self) -> impl Iterator<Item = usize> {
        self.runs.iter().enumerate().filter(|(_, run)| matches!(run, Run::Running { .. })).map(|(index, _)| index)
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

    #[test]
    fn one_slot_runs_one_after_the_other_in_the_plans_order() {
        let (mut sweep, actions) = Sweep::begin(3, 1);
        assert_eq!(actions, [Action::Start { run: 0, slot: 0 }]);
        let ended = |run| Event::Ended { run, ending: Ending::Finished };
        assert_eq!(sweep.handle(ended(0)), [Action::Start { run: 1, slot: 0 }]);
        assert_eq!(sweep.handle(ended(1)), [Action::Start { run: 2, slot: 0 }]);
        assert!(!sweep.is_over());
        assert_eq!(sweep.handle(ended(2)), []);
        assert!(sweep.is_over());
    }

    #[test]
    fn a_failed_run_does_not_stop_the_others() {
        let (mut sweep, _) = Sweep::begin(3, 2);
        let actions = sweep.handle(Event::Ended { run: 1, ending: Ending::Failed });
        assert_eq!(actions, [Action::Start { run: 2, slot: 1 }]);
        assert_eq!(sweep.endings().collect::<Vec<_>>(), [None, Some(Ending::Failed), None]);
    }

    #[test]
    fn an_interruption_stops_what_goes_on_and_starts_nothing_more() {
        let (mut sweep, _) = Sweep::begin(4, 2);
        assert_eq!(sweep.handle(Event::Interrupted), [Action::Stop { run: 0 }, Action::Stop { run: 1 }]);
        assert_eq!(sweep.handle(Event::Interrupted), []);
        assert_eq!(sweep.handle(Event::Ended { run: 0, ending: Ending::Stopped }), []);
        // It was quicker than the signal: a finished run stays finished.
        assert_eq!(sweep.handle(Event::Ended { run: 1, ending: Ending::Finished }), []);
        assert!(sweep.is_over() && sweep.was_interrupted());
        assert_eq!(sweep.endings().collect::<Vec<_>>(), [Some(Ending::Stopped), Some(Ending::Finished), None, None]);
    }

    #[test]
    fn a_sweep_of_nothing_is_over_at_once() {
        let (sweep, actions) = Sweep::begin(0, 3);
        assert!(sweep.is_over() && actions.is_empty());
    }

    fn endings() -> impl Strategy<Value = Ending> {
        prop_oneof![Just(Ending::Finished), Just(Ending::Diverged), Just(Ending::Failed), Just(Ending::Stopped)]
    }

    /// Plays the world outside: what was started is going on until it is picked to end; `stop_after` interrupts after so many ends.
    fn play(
        runs: usize,
        slots: usize,
        picks: &[(prop::sample::Index, Ending)],
        stop_after: Option<usize>,
    ) -> (Sweep, Vec<usize>) {
        let (mut sweep, mut actions) = Sweep::begin(runs, slots);
        let mut going: Vec<(usize, usize)> = Vec::new();
        let mut starts = vec![0; runs];
        let mut picks = picks.iter().cycle();
        for turn in 0.. {
            for action in actions.drain(..) {
                if let Action::Start { run, slot } = action {
                    assert!(!sweep.was_interrupted(), "a run was started after the interruption");
                    assert!(going.iter().all(|&(_, taken)| taken != slot), "slot {slot} was given twice");
                    starts[run] += 1;
                    going.push((run, slot));
                }
            }
            assert!(going.len() <= slots);
            if stop_after == Some(turn) {
                let stopped = sweep.handle(Event::Interrupted);
                assert_eq!(stopped.len(), going.len());
            }
            let Some((pick, ending)) = (!going.is_empty()).then(|| picks.next().unwrap()) else { break };
            let (run, _) = going.swap_remove(pick.index(going.len()));
            actions = sweep.handle(Event::Ended { run, ending: *ending });
            // The same end told twice changes nothing.
            assert_eq!(sweep.clone().handle(Event::Ended { run, ending: Ending::Failed }), []);
        }
        (sweep, starts)
    }

    proptest! {
        #[test]
        fn every_run_is_started_once_and_comes_to_an_end(
            runs in 0_usize..40,
            slots in 1_usize..9,
            picks in prop::collection::vec((any::<prop::sample::Index>(), endings()), 1..60),
        ) {
            let (sweep, starts) = play(runs, slots, &picks, None);
            prop_assert!(sweep.is_over());
            prop_assert!(starts.iter().all(|&count| count == 1));
            prop_assert!(sweep.endings().all(|ending| ending.is_some()));
        }

        #[test]
        fn an_interrupted_sweep_ends_too_and_starts_no_run_twice(
            runs in 0_usize..40,
            slots in 1_usize..9,
            picks in prop::collection::vec((any::<prop::sample::Index>(), endings()), 1..60),
            stop_after in 0_usize..40,
        ) {
            let (sweep, starts) = play(runs, slots, &picks, Some(stop_after));
            prop_assert!(sweep.is_over());
            for (count, ending) in starts.iter().zip(sweep.endings()) {
                prop_assert_eq!(*count == 1, ending.is_some());
                prop_assert!(*count <= 1);
            }
        }
    }
}
