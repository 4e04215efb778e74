// SPDX-License-Identifier: Apache-2.0
// The columns of the flow board.
#include <array>
#include <ui/models/flows_model.h>
#include <ui/panels/flow_strip.h>
#include <ui/text.h>

namespace ui {
namespace {

using Row = FlowRow;

constexpr Qt::Alignment kLeft = Qt::AlignLeft | Qt::AlignVCenter;
constexpr Qt::Alignment kRight = Qt::AlignRight | Qt::AlignVCenter;

QString seconds(base::Duration duration)
{
    return QObject::tr("%1 s").arg(
        std::max<qint64>(0, static_cast<qint64>(base::toSeconds(duration))));
}

/// Files tell the past: how long ago it was says nothing there.
QString ago(const Row &row, base::Instant time)
{
    if (!time.known())
        return QStringLiteral("–");
    return row.ours() ? QObject::tr("%1 ago").arg(seconds(row.now - time))
                      : shown(base::utc(time)).section(QLatin1Char(' '), 1, 1).left(12);
}

QString end(const base::Endpoint &endpoint)
{
    return endpoint.known() ? shown(endpoint.text()) : QStringLiteral("–");
}

/// Of a flow that was only seen: what is known of its end.
const char16_t *glyphOf(const Row &row)
{
    if (row.past())
        return u"○";
    if (row.ours())
        return lookOf(row.report.state).glyph;
    switch (row.standing) {
    case flows::Standing::Registered:
        return u"●";
    case flows::Standing::Failed:
    case flows::Standing::Closed:
        return u"✕";
    case flows::Standing::Seen:
        return u"?";
    default:
        return u"○";
    }
}

QString state(const Row &row)
{
    const char16_t *glyph = glyphOf(row);
    return QString::fromUtf16(glyph) + QLatin1Char(' ') + row.word();
}

QString reason(const Row &row)
{
    return row.past() ? QObject::tr("A flow of ours that does not stand any more. Its end: %1")
                            .arg(shown(row.report.reason))
                      : shown(row.report.reason);
}

/// What fails first, then what is under way, then what works, then what is past.
double stateKey(const Row &row)
{
    using base::FlowState;
    if (row.past())
        return 60 + static_cast<double>(row.report.state);
    if (!row.ours()) {
        static constexpr double kRanks[] = {50, 40, 5, 1, 20, 30, 35}; // as flows::Standing is
        return kRanks[static_cast<std::size_t>(row.standing)];
    }
    switch (row.report.state) {
    case FlowState::Rejected:
        return 0;
    case FlowState::Failed:
    case FlowState::BackingOff:
        return 2;
    case FlowState::Suspect:
        return 3;
    default:
        return 10 + static_cast<double>(row.report.state);
    }
}

double instantKey(base::Instant time)
{
    return static_cast<double>(time.ns);
}

QString regId(const Row &row)
{
    return row.report.regId == 0 ? QStringLiteral("–") : QString::number(row.report.regId);
}

QString mapped(const Row &row)
{
    const auto &report = row.report;
    if (!report.mapped.known())
        return QStringLiteral("–");
    return report.mapped == report.local ? QObject::tr("as it is") : end(report.mapped);
}

QString keepAlive(const Row &row)
{
    if (!row.ours())
        return row.report.lastPing.known() ? QObject::tr("seen") : QStringLiteral("–");
    QString text = row.report.keepAlive.empty() ? QObject::tr("none") : shown(row.report.keepAlive);
    if (row.report.flowTimer.count() > 0 && !row.report.keepAlive.empty())
        text += QObject::tr(", at most %1").arg(seconds(row.report.flowTimer));
    return text;
}

QString pong(const Row &row)
{
    if (row.report.roundTrips.empty())
        return !row.report.lastPong.known() ? QStringLiteral("–")
               : row.ours()                 ? ago(row, row.report.lastPong)
                            : QObject::tr("at %1").arg(ago(row, row.report.lastPong));
    return QObject::tr("%1 ms").arg(base::toMilliseconds(row.report.roundTrips.back()), 0, 'f', 1);
}

QString pongTip(const Row &row)
{
    QStringList trips;
    for (const auto trip : row.report.roundTrips)
        trips << QString::number(base::toMilliseconds(trip), 'f', 1);
    return trips.isEmpty() ? QObject::tr("No pong was timed.")
                           : QObject::tr("Round trips of the last pongs, in ms: %1")
                                 .arg(trips.join(QStringLiteral(", ")));
}

QString registered(const Row &row)
{
    const auto until = row.report.registeredUntil;
    if (!until.known())
        return QStringLiteral("–");
    if (!row.ours())
        return shown(base::utc(until)).section(QLatin1Char(' '), 1, 1).left(8);
    return until > row.now ? seconds(until - row.now) : QObject::tr("over");
}

QString registeredTip(const Row &)
{
    return QObject::tr("How long the registration lasts if nothing renews it, or when it ends.");
}

QString reachable(const Row &row)
{
    const auto &report = row.report;
    if (!row.ours())
        return QStringLiteral("–");
    if (report.reachableSince.known())
        return QObject::tr("for %1").arg(seconds(row.now - report.reachableSince));
    return report.reachableUntil.known()
               ? QObject::tr("not for %1").arg(seconds(row.now - report.reachableUntil))
               : QObject::tr("not yet");
}

QString failures(const Row &row)
{
    const auto &report = row.report;
    return row.ours() ? QStringLiteral("%1 / %2").arg(report.failures).arg(report.losses)
                      : QStringLiteral("–");
}

QString failuresTip(const Row &row)
{
    return QObject::tr(
               "Attempts that failed in a row, and how often a flow that worked was lost.\n%1")
        .arg(reason(row));
}

QString next(const Row &row)
{
    return row.report.nextAttempt > row.now ? seconds(row.report.nextAttempt - row.now)
                                            : QStringLiteral("–");
}

/// RFC 5626 section 4.5 with this flow's figures.
QString nextTip(const Row &row)
{
    const auto &report = row.report;
    if (report.nextAttempt <= row.now || report.waitMost.count() == 0)
        return {};
    const auto formula = std::min<base::Duration>(
        std::chrono::seconds(1800), report.waitBase * (1LL << std::clamp(report.failures, 0, 20)));
    if (formula != report.waitMost)
        return QObject::tr("W = %1, the longest wait of RFC 5626 section 4.5: what was refused "
                           "would hardly be taken sooner. It is drawn evenly from W/2 to W.")
            .arg(seconds(report.waitMost));
    return QObject::tr("W = min(1800 s, %1 × 2^%2) = %3; the wait is drawn evenly from W/2 to W "
                       "(RFC 5626 section 4.5), and Retry-After may lengthen it.")
        .arg(seconds(report.waitBase))
        .arg(report.failures)
        .arg(seconds(report.waitMost));
}

QString tls(const Row &row)
{
    return row.report.tls.empty() ? QStringLiteral("–") : shown(row.report.tls);
}

/// What the edge put into the Path: readable where its layout is known (RFC 5626 section 5.2 allows
/// any).
QString token(const Row &row)
{
    if (!row.seen || row.seen->token.empty())
        return QStringLiteral("–");
    const auto read = flows::decodeToken(row.seen->token);
    if (!read)
        return QObject::tr("opaque: %1").arg(shown(row.seen->token).left(24));
    return QObject::tr("%1 %2").arg(shown(base::transportText(read->transport)),
                                    shown(read->userAgent.text()));
}

QString tokenTip(const Row &row)
{
    if (!row.seen || row.seen->token.empty())
        return QObject::tr("No Path with ;ob was seen, so no token names this flow.");
    const auto read = flows::decodeToken(row.seen->token);
    if (!read)
        return QObject::tr("%1\nOnly the edge that made it can read it.")
            .arg(shown(row.seen->token));
    const bool matches =
        read->userAgent == row.seen->userAgent || read->userAgent == row.report.mapped;
    return QObject::tr("%1\n%2 of user agent %3 at edge %4, as %5 write it.\n%6")
        .arg(shown(row.seen->token), shown(base::transportText(read->transport)),
             end(read->userAgent), end(read->edge), shown(flows::layoutText(read->layout)),
             matches ? QObject::tr("It names this flow as it is.")
                     : QObject::tr("It names another address than this flow has here: a NAT lies "
                                   "between, or the flow was replaced."));
}

double reachableKey(const Row &row)
{
    const auto &report = row.report;
    return report.reachableSince.known() ? -instantKey(report.reachableSince) // the longest last
                                         : -1e19 + instantKey(report.reachableUntil);
}

/// Whose flow it is.
QString account(const Row &row)
{
    QString aor = shown(row.report.aor);
    return aor.startsWith(QLatin1String("sip:")) ? aor.mid(4) : aor;
}

constexpr std::array<Column<Row>, 16> kColumns{{
    {"state", "State", state, reason, kLeft, stateKey},
    {"regId", "Flow", regId, nullptr, kRight},
    {"transport", "Over", [](const Row &r) { return shown(r.report.transport); }, nullptr, kLeft},
    {"edge", "Edge", [](const Row &r) { return edgeText(r.report); },
     [](const Row &r) { return shown(r.report.edge); }, kLeft},
    {"account", "Account", account, [](const Row &r) { return shown(r.report.aor); }, kLeft},
    {"pong", "Pong", pong, pongTip, kLeft,
     [](const Row &r) {
         return r.report.roundTrips.empty() ? -1.0 : base::toSeconds(r.report.roundTrips.back());
     }},
    {"reachable", "Reachable", reachable, nullptr, kLeft, reachableKey},
    {"next", "Next try", next, nextTip, kRight,
     [](const Row &r) { return instantKey(r.report.nextAttempt); }},
    {"heard", "Last heard", [](const Row &r) { return ago(r, r.report.lastReceived); }, nullptr,
     kRight, [](const Row &r) { return instantKey(r.report.lastReceived); }},
    {"registered", "Registered", registered, registeredTip, kRight,
     [](const Row &r) { return instantKey(r.report.registeredUntil); }},
    {"failures", "Failed / lost", failures, failuresTip, kRight,
     [](const Row &r) { return r.report.failures * 1000.0 + r.report.losses; }},
    {"keepAlive", "Keep-alive", keepAlive, nullptr, kLeft},
    {"local", "User agent", [](const Row &r) { return end(r.report.local); }, nullptr, kLeft},
    {"mapped", "Seen as", mapped, nullptr, kLeft},
    {"tls", "TLS", tls, tls, kLeft},
    {"token", "Token", token, tokenTip, kLeft},
}};

} // namespace

std::span<const Column<FlowRow>> flowColumns()
{
    return kColumns;
}

} // namespace ui
