//! What is said on standard error while titer works: lines, and bars on a terminal.

use std::{
    fmt,
    io::{self, IsTerminal as _},
    time::Instant,
};

use tracing::{Event, Level, Subscriber};
use tracing_indicatif::{IndicatifLayer, style::ProgressStyle};
use tracing_subscriber::{
    EnvFilter, Layer as _,
    filter::{LevelFilter, Targets},
    fmt::{FmtContext, FormatEvent, FormatFields, format::Writer},
    layer::SubscriberExt as _,
    registry::LookupSpan,
    util::SubscriberInitExt as _,
};

use crate::schedule::progress::Style;

/// What is told where `TITER_LOG` names no filter: titer's own news, others' warnings.
const FILTER: &str = "warn,titer=info";

/// Silent whatever the filter says: there the HTTP client writes requests out whole, with the token
/// in them.
const SILENT: [&str; 1] = ["ureq_proto::util=off"];

/// Starts the log of this process and says how it shows progress.
///
/// Bars need a terminal that moves its cursor. `NO_COLOR` takes the colours away. `TITER_LOG`
/// filters as `RUST_LOG` does elsewhere.
pub fn start() -> Style {
    let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let terminal = io::stderr().is_terminal() && std::env::var_os("TERM").is_some_and(|term| term != "dumb");
    let wanted = std::env::var("TITER_LOG").unwrap_or_default();
    let filter = if wanted.trim().is_empty() { Ok(EnvFilter::new(FILTER)) } else { EnvFilter::try_new(&wanted) };
    let mistake = filter.as_ref().err().map(ToString::to_string);
    let filter = filter.unwrap_or_else(|_| EnvFilter::new(FILTER));
    let filter = SILENT.iter().filter_map(|silent| silent.parse().ok()).fold(filter, EnvFilter::add_directive);

    let style = if terminal { Style::Bars } else { Style::Plain };
    let begun = (style == Style::Plain).then(Instant::now);
    let lines = tracing_subscriber::fmt::layer().with_ansi(terminal && !set("NO_COLOR")).event_format(Lines { begun });
    // Where standard error is closed, a complaint about that would end the process there.
    let lines = lines.log_internal_errors(false);
    // `try_init` fails where a log was started before: then that one stays.
    let _ = match style {
        Style::Bars => {
            let bars = IndicatifLayer::new().with_progress_style(bar());
            let lines = lines.with_writer(bars.get_stderr_writer()).with_filter(filter);
            // Only titer's spans are bars, whatever the lines are filtered by.
            let bars = bars.with_filter(Targets::new().with_target("titer", LevelFilter::INFO));
            tracing_subscriber::registry().with(lines).with(bars).try_init()
        }
        Style::Plain => tracing_subscriber::registry().with(lines.with_writer(io::stderr).with_filter(filter)).try_init(),
    };
    if let Some(mistake) = mistake {
        tracing::warn!("TITER_LOG is ignored: {mistake}");
    }
    style
}

/// A bar that says nothing of its own about how it looks: that of a transfer.
fn bar() -> ProgressStyle {
    let style = ProgressStyle::with_template("{bar:24} {percent:>3} % {wide_msg}");
    style.unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("━╸─")
}

/// A line an event: the level where it is not the usual one, then the message.
struct Lines {
    /// Where it is set, lines begin with the time since then.
    begun: Option<Instant>,
}

impl<S, N> FormatEvent<S, N> for Lines
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(&self, context: &FmtContext<'_, S, N>, mut writer: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        if let Some(begun) = self.begun {
            let seconds = begun.elapsed().as_secs();
            write!(writer, "[{:02}:{:02}:{:02}] ", seconds / 3600, seconds / 60 % 60, seconds % 60)?;
        }
        let (name, colour) = match *event.metadata().level() {
            Level::ERROR => ("error: ", "31"),
            Level::WARN => ("warning: ", "33"),
            Level::INFO => ("", ""),
            Level::DEBUG => ("debug: ", "2"),
            Level::TRACE => ("trace: ", "2"),
        };
        if !name.is_empty() && writer.has_ansi_escapes() {
            write!(writer, "\x1b[{colour}m{name}\x1b[0m")?;
        } else {
            writer.write_str(name)?;
        }
        context.field_format().format_fields(writer.by_ref(), event)?;
        writeln!(writer)
    }
}
