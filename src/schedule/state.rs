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
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Several runs are to share a worker.
    Start {
        runs: Vec<usize>,
        slot: usize,
    },
    Stop {
        run: usize,
    },
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
        /// Together with others.
        stacked: bool,
    },
    /// Another sweep works on it.
    Elsewhere,
    Ended(Ending),
}

/// The runs of a sweep, by what matters here.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// In any unit.
    pub costs: Vec<f64>,
    /// Runs of one kind may share a worker.
    pub kinds: Vec<usize>,
    /// The most runs that do: 1, and each goes by itself.
    pub most: usize,
    /// They go in lanes beside one another, rather than computed as one.
    pub lanes: bool,
}

/// The state of a sweep: runs that wait, the longest first, and slots that take one each, or several of a kind.
#[derive(Debug, Clone)]
pub struct Sweep {
    kinds: Vec<usize>,
    most: usize,
    runs: Vec<Run>,
    /// The runs that have crashed: they have no company any more.
    alone: Vec<bool>,
    /// Crashes that each run may still survive.
    retries: Vec<u32>,
    waiting: VecDeque<usize>,
    /// The lowest number last, so that it is taken first.
    free: Vec<usize>,
    interrupted: bool,
}

impl Sweep {
    /// A sweep of runs, of which as many go on at a time as there are slots, or stacks of them; and what to do first. A run that
    /// crashes is tried again up to `retries` times. Where it was not alone nobody knows which run it was that crashed: each is
    /// tried again by itself, and none is blamed.
    ///
    /// The costliest run goes first, so that none is left to go on alone at the end; of equals the plan's first.
    #[must_use]
    pub fn begin(plan: &Plan, slots: usize, retries: u32) -> (Self, Vec<Action>) {
        let Plan { costs, kinds, most, .. } = plan;
        let mut order: Vec<usize> = (0..costs.len()).collect();
        order.sort_by(|&one, &two| costs[two].total_cmp(&costs[one]));
        let mut sweep = Self {
            kinds: kinds.clone(),
            most: *most,
            alone: vec![false; costs.len()],
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
                if let Some(Run::Running { slot, stacked }) = self.runs.get(run).copied() {
                    self.runs[run] = Run::Ended(ending);
                    self.release(slot);
                    if ending == Ending::Crashed && (stacked || self.retries[run] > 0) && !self.interrupted {
                        self.retries[run] -= u32::from(!stacked);
                        self.alone[run] = true;
                        self.wait(run);
                    }
                }
            }
            Event::Busy { run } => {
                if let Some(slot) = self.slot(run) {
                    self.runs[run] = Run::Elsewhere;
                    self.release(slot);
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
            Run::Running { slot, .. } => Some(*slot),
            Run::Waiting | Run::Elsewhere | Run::Ended(_) => None,
        }
    }

    fn is_elsewhere(&self, run: usize) -> bool {
        self.runs.get(run) == Some(&Run::Elsewhere)
    }

    /// A run has left a slot: it is free where no other is there any more.
    fn release(&mut self, slot: usize) {
        if !self.running().any(|run| self.slot(run) == Some(slot)) {
            self.free.push(slot);
            self.free.sort_unstable_by(|a, b| b.cmp(a));
        }
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
        {
            let runs = self.next(self.free.len() + 1);
            for &run in &runs {
                self.runs[run] = Run::Running { slot, stacked: runs.len() > 1 };
            }
            actions.push(Action::Start { runs, slot });
        }
        actions
    }

    /// Takes the run that is next, with others of its kind where they go together: no more than a slot's share of all that wait,
    /// so that none is left without.
    fn next(&mut self, slots: usize) -> Vec<usize> {
        let share = self.waiting.len().div_ceil(slots).min(self.most);
        let mut runs: Vec<usize> = self.waiting.pop_front().into_iter().collect();
        if let &[first] = runs.as_slice()
            && share > 1
            && !self.alone[first]
        {
            let Self { waiting, kinds, alone, .. } = self;
            waiting.retain(|&run| {
                let joins = runs.len() < share && kinds[run] == kinds[first] && !alone[run];
                if joins {
                    runs.push(run);
                }
                !joins
            });
        }
        runs
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Runs that go each by itself.
    fn plan(costs: &[f64]) -> Plan {
        Plan { costs: costs.to_vec(), kinds: vec![0; costs.len()], most: 1, lanes: false }
    }

    fn begin(runs: usize, slots: usize) -> (Sweep, Vec<Action>) {
        Sweep::begin(&plan(&vec![1.0; runs]), slots, 1)
    }

    /// Starts one run by itself.
    fn start(run: usize, slot: usize) -> Action {
        Action::Start { runs: vec![run], slot }
    }

    #[test]
    fn one_slot_runs_one_after_the_other_in_the_plans_order() {
        let (mut sweep, actions) = begin(3, 1);
        assert_eq!(actions, [start(0, 0)]);
        let ended = |run| Event::Ended { run, ending: Ending::Finished };
        assert_eq!(sweep.handle(ended(0)), [start(1, 0)]);
        assert_eq!(sweep.handle(ended(1)), [start(2, 0)]);
        assert!(!sweep.is_over());
        assert_eq!(sweep.handle(ended(2)), []);
        assert!(sweep.is_over());
    }

    #[test]
    fn the_costliest_goes_first() {
        let (_, actions) = Sweep::begin(&plan(&[1.0, 3.0, 3.0, f64::INFINITY]), 4, 0);
        let order: Vec<usize> =
            actions.iter().map(|action| if let Action::Start { runs, .. } = action { runs[0] } else { 99 }).collect();
        assert_eq!(order, [3, 1, 2, 0]);
    }

    #[test]
    fn a_failed_run_does_not_stop_the_others_and_is_not_tried_again() {
        let (mut sweep, _) = begin(3, 2);
        let actions = sweep.handle(Event::Ended { run: 1, ending: Ending::Failed });
        assert_eq!(actions, [start(2, 1)]);
        assert_eq!(sweep.endings().collect::<Vec<_>>(), [None, Some(Ending::Failed), None]);
    }

    #[test]
    fn a_crashed_run_is_tried_again_after_the_others_and_not_for_ever() {
        let (mut sweep, _) = begin(2, 1);
        let crashed = Event::Ended { run: 0, ending: Ending::Crashed };
        assert_eq!(sweep.handle(crashed), [start(1, 0)]);
        assert_eq!(sweep.ending(0), None);
        assert_eq!(sweep.handle(Event::Ended { run: 1, ending: Ending::Finished }), [start(0, 0)]);
        assert_eq!(sweep.handle(crashed), []);
        assert_eq!(sweep.ending(0), Some(Ending::Crashed));
        assert!(sweep.is_over());
    }

    #[test]
    fn what_another_sweep_has_is_waited_for_and_taken_over_where_it_is_left() {
        let (mut sweep, _) = begin(2, 1);
        assert_eq!(sweep.handle(Event::Busy { run: 0 }), [start(1, 0)]);
        assert_eq!(sweep.handle(Event::Busy { run: 1 }), []);
        assert!(!sweep.is_over());
        assert_eq!(sweep.elsewhere().collect::<Vec<_>>(), [0, 1]);
        assert_eq!(sweep.handle(Event::EndedElsewhere { run: 0, ending: Ending::Finished }), []);
        assert_eq!(sweep.handle(Event::Freed { run: 1 }), [start(1, 0)]);
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

    #[test]
    fn runs_of_a_kind_share_a_slot_and_no_slot_is_left_without() {
        let plan = Plan { kinds: vec![0, 1, 0, 0, 1, 0, 0], most: 4, ..plan(&[1.0; 7]) };
        let start = |runs: &[usize], slot| Action::Start { runs: runs.to_vec(), slot };
        let (_, actions) = Sweep::begin(&plan, 1, 0);
        assert_eq!(actions, [start(&[0, 2, 3, 5], 0)]);
        let (_, actions) = Sweep::begin(&plan, 2, 0);
        assert_eq!(actions, [start(&[0, 2, 3, 5], 0), start(&[1, 4], 1)]);
        let (_, actions) = Sweep::begin(&plan, 3, 0);
        assert_eq!(actions, [start(&[0, 2, 3], 0), start(&[1, 4], 1), start(&[5, 6], 2)]);
        let (_, actions) = Sweep::begin(&plan, 9, 0);
        assert!(actions.iter().all(|action| matches!(action, Action::Start { runs, .. } if runs.len() == 1)));
    }

    #[test]
    fn a_crash_in_company_is_nobodys_and_each_is_tried_again_alone() {
        let (mut sweep, _) = Sweep::begin(&Plan { most: 3, ..plan(&[1.0; 3]) }, 1, 0);
        let ended = |run, ending| Event::Ended { run, ending };
        assert_eq!(sweep.handle(ended(1, Ending::Finished)), []);
        assert_eq!(sweep.handle(ended(0, Ending::Crashed)), []);
        assert_eq!(sweep.handle(ended(2, Ending::Crashed)), [start(0, 0)]);
        assert_eq!(sweep.handle(ended(0, Ending::Crashed)), [start(2, 0)]);
        assert_eq!(sweep.handle(ended(2, Ending::Finished)), []);
        let endings = [Ending::Crashed, Ending::Finished, Ending::Finished].map(Some);
        assert_eq!((sweep.endings().collect::<Vec<_>>(), sweep.is_over()), (endings.to_vec(), true));
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
        /// Of each run by itself.
        crashes: Vec<u32>,
        /// Of each run together with others.
        shared_crashes: Vec<u32>,
    }

    /// Plays the world outside: what was started goes on until a turn picks it; `stop_at` interrupts at that turn.
    fn play(plan: &Plan, slots: usize, retries: u32, turns: &[(prop::sample::Index, Turn)], stop_at: Option<usize>) -> Seen {
        let runs = plan.costs.len();
        let (mut sweep, mut actions) = Sweep::begin(plan, slots, retries);
        // Run, slot, and how many were started together.
        let mut going: Vec<(usize, usize, usize)> = Vec::new();
        let (mut begun, mut crashes, mut shared_crashes) = (vec![0; runs], vec![0; runs], vec![0; runs]);
        let script = turns.iter().chain(turns[turns.len() - 2..].iter().cycle());
        for (number, &(pick, turn)) in script.enumerate() {
            for action in actions.drain(..) {
                if let Action::Start { runs, slot } = action {
                    assert!(!sweep.was_interrupted(), "a run was started after the interruption");
                    assert!(!runs.is_empty() && runs.len() <= plan.most, "{} runs were started together", runs.len());
                    assert!(going.iter().all(|&(_, taken, _)| taken != slot), "slot {slot} was given twice");
                    for &run in &runs {
                        assert_eq!(plan.kinds[run], plan.kinds[runs[0]], "runs that do not agree were started together");
                        assert!(going.iter().all(|&(other, ..)| other != run), "run {run} was started twice");
                        assert_eq!(sweep.ending(run), None, "a run that had ended was started");
                        assert!(runs.len() == 1 || crashes[run] + shared_crashes[run] == 0, "a run that crashed has company");
                        going.push((run, slot, runs.len()));
                    }
                }
            }
            let taken: std::collections::BTreeSet<usize> = going.iter().map(|&(_, slot, _)| slot).collect();
            assert!(taken.len() <= slots && sweep.has_room() == (taken.len() < slots));
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
                    let (run, _, company) = going.swap_remove(pick.index(going.len()));
                    begun[run] += 1;
                    let count = if company > 1 { &mut shared_crashes } else { &mut crashes };
                    count[run] += u32::from(ending == Ending::Crashed);
                    let actions = sweep.handle(Event::Ended { run, ending });
                    // The same end told twice changes nothing, unless the run was started again at once.
                    if !actions.iter().any(|action| matches!(action, Action::Start { runs, .. } if runs.contains(&run))) {
                        assert_eq!(sweep.clone().handle(Event::Ended { run, ending: Ending::Failed }), []);
                    }
                    actions
                }
                Turn::Busy if !going.is_empty() => {
                    let (run, ..) = going.swap_remove(pick.index(going.len()));
                    sweep.handle(Event::Busy { run })
                }
                Turn::Free if !elsewhere.is_empty() => sweep.handle(Event::Freed { run: *pick.get(&elsewhere) }),
                Turn::EndElsewhere(ending) if !elsewhere.is_empty() => {
                    sweep.handle(Event::EndedElsewhere { run: *pick.get(&elsewhere), ending })
                }
                Turn::End(_) | Turn::Busy | Turn::Free | Turn::EndElsewhere(_) => Vec::new(),
            };
        }
        Seen { sweep, begun, crashes, shared_crashes }
    }

    /// Runs of up to three kinds.
    fn plans() -> impl Strategy<Value = Plan> {
        (prop::collection::vec(0_usize..3, 0..30), 1_usize..9).prop_map(|(kinds, most)| Plan {
            costs: vec![1.0; kinds.len()],
            kinds,
            most,
            lanes: false,
        })
    }

    proptest! {
        #[test]
        fn every_run_ends_and_is_begun_again_only_after_a_crash(
            plan in plans(),
            slots in 1_usize..9,
            retries in 0_u32..3,
            turns in turns(),
        ) {
            let Seen { sweep, begun, crashes, shared_crashes } = play(&plan, slots, retries, &turns, None);
            for run in 0..plan.costs.len() {
                prop_assert!(sweep.ending(run).is_some());
                prop_assert!(begun[run] <= crashes[run] + shared_crashes[run] + 1);
                prop_assert!(crashes[run] <= retries + 1 && shared_crashes[run] <= 1);
                prop_assert!(crashes[run] <= retries || sweep.ending(run) == Some(Ending::Crashed));
            }
        }

        #[test]
        fn an_interrupted_sweep_ends_too_and_starts_nothing_more(
            plan in plans(),
            slots in 1_usize..9,
            turns in turns(),
            stop_at in 0_usize..40,
        ) {
            let Seen { sweep, begun, crashes, shared_crashes } = play(&plan, slots, 2, &turns, Some(stop_at));
            for run in 0..plan.costs.len() {
                prop_assert!(begun[run] <= crashes[run] + shared_crashes[run] + 1);
                prop_assert!(sweep.was_interrupted() || sweep.ending(run).is_some());
            }
        }
    }
}
