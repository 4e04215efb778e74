// SPDX-License-Identifier: Apache-2.0
// bench paint and bench start: the window's own widgets, timed from inside (frames) and outside
// (start).
#include <app/console.h>
#include <app/display.h>
#include <app/versions.h>

#include <algorithm>
#include <fmt/format.h>
#include <functional>
#include <nlohmann/json.hpp>
#include <poll.h>
#include <QApplication>
#include <QScrollBar>
#include <QTreeView>
#include <random>
#include <spawn.h>
#include <sys/wait.h>
#include <ui/bridge/desk_bridge.h>
#include <ui/focus.h>
#include <ui/main_window.h>
#include <ui/panels/call_list.h>
#include <ui/panels/ladder_pane.h>
#include <ui/settings.h>
#include <ui/store.h>
#include <ui/views/ladder_view.h>
#include <ui/window.h>
#include <unistd.h>

extern char **environ;

namespace app {
namespace {

using nlohmann::json;
using Clock = std::chrono::steady_clock;
constexpr int kFrames = 300;

double millisecondsSince(Clock::time_point start)
{
    return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

/// Median and 99th percentile of `frame`, run `times` times, in milliseconds.
json timed(int times, const std::function<void(int)> &frame)
{
    std::vector<double> figures;
    for (int i = 0; i < times; ++i) {
        const auto start = Clock::now();
        frame(i);
        figures.push_back(millisecondsSince(start));
    }
    std::sort(figures.begin(), figures.end());
    return {{"median_ms", figures[figures.size() / 2]},
            {"p99_ms", figures[figures.size() * 99 / 100]}};
}

/// The rows of as many calls as it takes, as one ladder: what marking several calls shows.
calls::Call merged(const session::Session &session, std::size_t rows)
{
    calls::Call out;
    for (const auto &view : session.calls()) {
        if (out.rows.empty())
            out = *view->call;
        else
            for (const auto &entry : view->call->rows)
                out.rows.emplace_back().row = entry.row;
        if (out.rows.size() >= rows)
            break;
    }
    return out;
}

std::shared_ptr<const ladder::Scene> sceneOf(const session::Session &session,
                                             const calls::Call &call, int width)
{
    const diagnosis::Evidence evidence{call, session.trace(), {}, {}, call.last, false, false};
    ladder::Options options;
    options.viewWidth = width;
    return std::make_shared<const ladder::Scene>(ladder::layout(evidence, {}, options));
}

json scrolled(QAbstractScrollArea &area)
{
    auto *bar = area.verticalScrollBar();
    const int step = std::max(1, (bar->maximum() - bar->minimum()) / kFrames);
    std::minstd_rand random(1);
    json out;
    out["scroll"] = timed(kFrames, [&](int i) {
        bar->setValue(bar->minimum() + i * step);
        area.viewport()->repaint();
    });
    out["jump"] = timed(kFrames, [&](int) {
        bar->setValue(static_cast<int>(random() % static_cast<unsigned>(bar->maximum() + 1)));
        area.viewport()->repaint();
    });
    return out;
}

std::string readLine(int fd, base::Duration limit)
{
    std::string line;
    const auto end = Clock::now() + limit;
    char byte = 0;
    while (Clock::now() < end) {
        pollfd ready{fd, POLLIN, 0};
        if (::poll(&ready, 1, 100) <= 0)
            continue;
        if (::read(fd, &byte, 1) != 1 || byte == '\n')
            return line;
        line += byte;
    }
    return line;
}

/// One start of this very program with its window; milliseconds from before the spawn.
json oneStart()
{
    int ends[2] = {-1, -1};
    if (::pipe(ends) != 0)
        return {};
    const std::string report = std::to_string(ends[1]);
    const char *arguments[] = {"earshot", "--report-milestones", report.c_str(), nullptr};
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addclose(&actions, ends[0]);
    pid_t child = -1;
    json out;
    const auto start = Clock::now();
    if (posix_spawn(&child, "/proc/self/exe", &actions, nullptr, const_cast<char **>(arguments),
                    environ) == 0) {
        ::close(ends[1]);
        for (const char *name : {"mapped", "idle"}) {
            if (readLine(ends[0], std::chrono::seconds(20)) == name)
                out[std::string(name) + "_ms"] = millisecondsSince(start);
        }
        int status = 0;
        ::waitpid(child, &status, 0);
    } else {
        ::close(ends[1]);
    }
    posix_spawn_file_actions_destroy(&actions);
    ::close(ends[0]);
    return out;
}

/// A datagram of one dialog as the wire tap would emit it: INVITE first, then an INFO each.
base::Packet dialogPacket(int number)
{
    const std::string method = number == 0 ? "INVITE" : "INFO";
    const std::string text =
        fmt::format("{0} sip:bob@192.0.2.2 SIP/2.0\r\nVia: SIP/2.0/UDP "
                    "192.0.2.1:5060;branch=z9hG4bKlive{1}\r\nMax-Forwards: 70\r\n"
                    "From: <sip:alice@192.0.2.1>;tag=a\r\nTo: <sip:bob@192.0.2.2>{2}\r\n"
                    "Call-ID: live@192.0.2.1\r\nCSeq: {1} {0}\r\nContent-Length: 0\r\n\r\n",
                    method, number + 1, number == 0 ? "" : ";tag=b");
    base::Packet packet;
    packet.time = base::now();
    packet.transport = base::Transport::Udp;
    packet.origin = base::Origin::Tap;
    packet.outgoing = true;
    packet.source = *base::Endpoint::parse("192.0.2.1:5060");
    packet.destination = *base::Endpoint::parse("192.0.2.2:5060");
    packet.payload = base::Blob::copy(text);
    return packet;
}

/// Notes when a widget was painted while the ladder had at least `wanted` rows.
class PaintWatch : public QObject
{
public:
    explicit PaintWatch(ui::LadderView &view) : m_view(view)
    {
        view.viewport()->installEventFilter(this);
    }
    bool eventFilter(QObject *watched, QEvent *event) override
    {
        if (event->type() == QEvent::Paint && m_view.scene() != nullptr &&
            m_view.scene()->rows.size() >= wanted)
            painted = true;
        return QObject::eventFilter(watched, event);
    }
    std::size_t wanted = 0;
    bool painted = false;

private:
    ui::LadderView &m_view;
};

} // namespace

int measureLive(int packets)
{
    if (const auto display = displayThere(); !display)
        return complain(display.error().sentence, kNoAccess);
    int argc = 1;
    char name[] = "earshot";
    char *argv[] = {name, nullptr};
    QApplication application(argc, argv);
    QApplication::setApplicationName(QStringLiteral("earshot-bench")); // not the user's settings
    desk::Options options;
    options.withEngine = false;
    auto bridge = ui::DeskBridge::open(std::move(options));
    if (!bridge)
        return complain(bridge.error().sentence, kNoAccess);
    ui::Settings settings;
    ui::Theme theme;
    theme.applyTo(application);
    ui::MainWindow window(**bridge, theme, settings);
    window.resize(1440, 900);
    window.show();
    PaintWatch watch(window.parts().ladder->view());
    std::vector<double> figures;
    for (int i = 0; i < packets; ++i) {
        watch.wanted = static_cast<std::size_t>(i) + 1;
        watch.painted = false;
        const auto start = Clock::now();
        (*bridge)->packets().push(dialogPacket(i));
        while (!watch.painted && millisecondsSince(start) < 2000)
            QApplication::processEvents(QEventLoop::WaitForMoreEvents | QEventLoop::AllEvents, 20);
        if (!watch.painted)
            return complain(fmt::format("Packet {} was not painted within 2 s.", i + 1), kFindings);
        figures.push_back(millisecondsSince(start));
        // Let the frame pass, so that each packet comes into an idle window.
        const auto idle = Clock::now();
        while (millisecondsSince(idle) < 25)
            QApplication::processEvents(QEventLoop::AllEvents, 5);
    }
    std::sort(figures.begin(), figures.end());
    fmt::print("{}\n", json({{"packets", packets},
                             {"median_ms", figures[figures.size() / 2]},
                             {"p99_ms", figures[figures.size() * 99 / 100]},
                             {"max_ms", figures.back()}})
                           .dump(2));
    return kFine;
}

int measureStart()
{
    json runs = json::array();
    for (int i = 0; i < 5; ++i) {
        auto run = oneStart();
        if (!run.contains("idle_ms"))
            return complain("The window did not open. Is there a display?", kNoAccess);
        runs.push_back(std::move(run));
    }
    const auto median = [&](const char *name) {
        std::vector<double> figures;
        for (const auto &run : runs)
            figures.push_back(run[name].get<double>());
        std::sort(figures.begin(), figures.end());
        return figures[figures.size() / 2];
    };
    fmt::print(
        "{}\n",
        json({{"mapped_ms", median("mapped_ms")}, {"idle_ms", median("idle_ms")}, {"runs", runs}})
            .dump(2));
    return kFine;
}

int measurePaint(session::Session &session, std::size_t rows, int width, int height)
{
    if (const auto display = displayThere(); !display)
        return complain(display.error().sentence, kNoAccess);
    int argc = 1;
    char name[] = "earshot";
    char *argv[] = {name, nullptr};
    QApplication application(argc, argv);
    ui::Theme theme;
    theme.applyTo(application);
    const auto call = merged(session, rows);
    ui::LadderView view(theme);
    view.resize(width, height);
    const auto laidOut = Clock::now();
    view.setScene(sceneOf(session, call, width), true, false);
    const double layout = millisecondsSince(laidOut);
    view.show();
    QApplication::processEvents();
    json out{
        {"rows", call.rows.size()}, {"width", width}, {"height", height}, {"layout_ms", layout}};
    out["ladder"] = scrolled(view);
    // Append 160 rows and follow: what a burst of live traffic does to the picture.
    auto growing = call;
    growing.rows.resize(growing.rows.size() -
                        std::min<std::size_t>(160 * 5, growing.rows.size() / 2));
    view.setScene(sceneOf(session, growing, width), true, true);
    out["ladder"]["append"] = timed(5, [&](int) {
        const auto from = growing.rows.size();
        const auto to = std::min(from + 160, call.rows.size());
        growing.rows.insert(growing.rows.end(),
                            call.rows.begin() + static_cast<std::ptrdiff_t>(from),
                            call.rows.begin() + static_cast<std::ptrdiff_t>(to));
        view.setScene(sceneOf(session, growing, width), false, true);
        view.viewport()->repaint();
    });
    view.hide();

    ui::Store store(session.trace());
    ui::Focus focus(store);
    store.replaceCalls(session.calls(), session.flows());
    ui::CallList list(store, focus, theme);
    list.resize(width, height);
    list.show();
    QApplication::processEvents();
    out["list"] = scrolled(*list.view());
    fmt::print("{}\n", out.dump(2));
    return kFine;
}

} // namespace app
