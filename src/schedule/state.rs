//! Which run goes where, and when: a state machine without processes, clocks or files. Events in,
//! actions out.

use std::collections::{BTreeMap, VecDeque};

/// What happened outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// A run that was started has come to its end.
    Ended { run: usize, ending: Ending },
    /// A run's worker was killed because one of its runs made no progress: this one, or another.
    Lost { run: usize, hung: bool },
    /// A worker takes no more runs: it has ended, or is about to.
    Closed { worker: u64 },
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
    Start {
        run: usize,
        /// The number of the place it goes to.
        place: usize,
        /// The worker there that takes it: a new one where this number is new.
        worker: u64,
        /// How many runs like it have room there at the same time.
        sharing: usize,
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
        worker: u64,
        /// The room that it takes.
        room: u32,
    },
    /// Another sweep works on it.
    Elsewhere,
    Ended(Ending),
}

/// The runs of a sweep and the places they go to, by what matters here.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// Of each run, in any unit.
    pub costs: Vec<f64>,
    /// The room that each run takes, in the unit of `rooms`; one that takes more than there is has
    /// a place to itself.
    pub takes: Vec<u32>,
    /// The room that each place has. The runs at one place share a worker.
    pub rooms: Vec<u32>,
}

/// A worker that has runs.
#[derive(Debug, Clone)]
struct Worker {
    place: usize,
    /// The most runs it may have, by what its runs are suspected of.
    limit: usize,
    runs: Vec<usize>,
    /// The most runs it has had at the same time.
    most: usize,
    /// The runs it was ever given.
    served: usize,
    /// It takes more.
    is_open: bool,
}

/// The state of a sweep: runs that wait, the longest first, and places that have room for some of
/// them.
#[derive(Debug, Clone)]
pub struct Sweep {
    takes: Vec<u32>,
    rooms: Vec<u32>,
    runs: Vec<Run>,
    /// Among how many runs each may be tried: the fewer the more crashes it was near.
    limits: Vec<usize>,
    /// Crashes that each run may still survive.
    retries: Vec<u32>,
    waiting: VecDeque<usize>,
    /// Of each place.
    free: Vec<u32>,
    workers: BTreeMap<u64, Worker>,
    started: u64,
    interrupted: bool,
}

impl Sweep {
    /// A sweep of runs, of which as many go on at a time as there is room for; and what to do
    /// first. A run that crashes is tried again up to `retries` times.
    ///
    /// Where a worker that several runs shared crashes, nobody knows which run it was: none is
    /// blamed, and each is tried again in half as many at a time, with others that were near a
    /// crash alone, until the culprit has a worker of its own. It asks for so much room that no
    /// more can be there beside it.
    ///
    /// The costliest run goes first, so that none is left to go on alone at the end; of equals the
    /// plan's first.
    #[must_use]
    pub fn begin(plan: &Plan, retries: u32) -> (Self, Vec<Action>) {
        let Plan { costs, takes, rooms } = plan;
        let mut order: Vec<usize> = (0..costs.len()).collect();
        order.sort_by(|&one, &two| costs[two].total_cmp(&costs[one]));
        let mut sweep = Self {
            takes: takes.clone(),
            rooms: rooms.clone(),
            limits: vec![usize::MAX; costs.len()],
            runs: vec![Run::Waiting; costs.len()],
            retries: vec![retries; costs.len()],
            waiting: order.into(),
            free: rooms.clone(),
            workers: BTreeMap::new(),
            started: 0,
            interrupted: false,
        };
        let actions = sweep.fill();
        (sweep, actions)
    }

    /// Takes note of an event and says what to do about it.
    ///
    /// What cannot be is ignored: the end of a run that does not go on, news from elsewhere of a
    /// run that is here, a second interruption.
    pub fn handle(&mut self, event: Event) -> Vec<Action> {
        match event {
            Event::Ended { run, ending } => {
                if let Some(left) = self.leave(run) {
                    self.runs[run] = Run::Ended(ending);
                    if ending == Ending::Crashed {
                        self.crashed(run, left);
                    }
                }
            }
            Event::Lost { run, hung } => {
                if let Some(left) = self.leave(run) {
                    self.runs[run] = Run::Ended(Ending::Crashed);
                    self.close(left);
                    if hung {
                        self.limits[run] = 1;
                    }
                    if !self.interrupted {
                        self.wait(run);
                    }
                }
            }
            Event::Closed { worker } => self.close(worker),
            Event::Busy { run } => {
                if self.leave(run).is_some() {
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
        let actions = self.fill();
        // One that has no run any more ends.
        self.workers.retain(|_, worker| !worker.runs.is_empty());
        actions
    }

    /// Nothing goes on and nothing will, here or in another sweep. An interrupted sweep does not
    /// wait for others.
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
        self.free.iter().any(|&free| free > 0)
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
        (0..self.runs.len()).filter(|&run| matches!(self.runs[run], Run::Running { .. }))
    }

    fn is_elsewhere(&self, run: usize) -> bool {
        self.runs.get(run) == Some(&Run::Elsewhere)
    }

    /// A run that goes on leaves its worker, whose number is answered, and its room.
    fn leave(&mut self, run: usize) -> Option<u64> {
        let Some(&Run::Running { worker: number, room }) = self.runs.get(run) else { return None };
        let worker = self.workers.get_mut(&number)?;
        worker.runs.retain(|&other| other != run);
        self.free[worker.place] += room;
        Some(number)
    }

    /// A run has crashed in a worker: its own fault where nobody else was ever there.
    fn crashed(&mut self, run: usize, worker: u64) {
        self.close(worker);
        let Some(Worker { served, most, .. }) = self.workers.get(&worker).filter(|_| !self.interrupted) else { return };
        if *served > 1 {
            self.limits[run] = ((*most).min(self.limits[run]) / 2).max(1);
        } else if self.retries[run] > 0 {
            self.retries[run] -= 1;
            self.limits[run] = 1;
        } else {
            return;
        }
        self.wait(run);
    }

    fn close(&mut self, worker: u64) {
        if let Some(worker) = self.workers.get_mut(&worker) {
            worker.is_open = false;
        }
    }

    /// Behind all others: a run that crashes again and again holds nobody up.
    fn wait(&mut self, run: usize) {
        self.runs[run] = Run::Waiting;
        if !self.interrupted {
            self.waiting.push_back(run);
        }
    }

    /// Gives room to waiting runs, in their order: none is passed by, or those that take much would
    /// wait for ever.
    fn fill(&mut self) -> Vec<Action> {
        let mut actions = Vec::new();
        while let Some(&run) = self.waiting.front()
            && let Some(place) = self.roomiest(run)
        {
            self.waiting.pop_front();
            let room = self.room(run, place);
            let worker = self.join(run, place);
            self.free[place] -= room;
            self.runs[run] = Run::Running { worker, room };
            actions.push(Action::Start { run, place, worker, sharing: (self.rooms[place] / room.max(1)) as usize });
        }
        actions
    }

    /// The worker at a place that a run joins, a new one where there is none for it.
    fn join(&mut self, run: usize, place: usize) -> u64 {
        let limit = self.limits[run];
        let suits = |worker: &Worker| {
            worker.is_open && worker.place == place && worker.limit == limit && worker.runs.len() < limit && limit > 1
        };
        let number = self.workers.iter().find(|(_, worker)| suits(worker)).map_or(self.started, |(&number, _)| number);
        let new = Worker { place, limit, runs: Vec::new(), most: 0, served: 0, is_open: true };
        let worker = self.workers.entry(number).or_insert(new);
        worker.runs.push(run);
        worker.most = worker.most.max(worker.runs.len());
        worker.served += 1;
        self.started = self.started.max(number + 1);
        number
    }

    /// Of the places that have room for a run, the emptiest; of equals the first.
    fn roomiest(&self, run: usize) -> Option<usize> {
        let share = |place: usize| f64::from(self.free[place]) / f64::from(self.rooms[place].max(1));
        let places = (0..self.rooms.len()).filter(|&place| self.room(run, place) <= self.free[place]);
        places.rev().max_by(|&one, &two| share(one).total_cmp(&share(two)))
    }

    /// The room that a run takes at a place: so much that it keeps to the number it may be tried
    /// among.
    fn room(&self, run: usize, place: usize) -> u32 {
        let rooms = self.rooms[place];
        let share = u32::try_from(self.limits[run]).map_or(0, |limit| rooms.div_ceil(limit.max(1)));
        self.takes[run].max(share).max(1).min(rooms)
    }
}

#[cfg(test)]
mod tests;
