// SPDX-License-Identifier: Apache-2.0
#include <ladder/outline_builder.h>

#include <algorithm>
#include <base/counted.h>
#include <base/text.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <ladder/words.h>
#include <set>

namespace ladder {

namespace {

Target rowTarget(trace::RowId row)
{
    return {TargetKind::Row, row.value};
}

std::string_view localGlyph()
{
    return "◆";
}

} // namespace

OutlineBuilder::OutlineBuilder(const diagnosis::Evidence &evidence,
                               std::span<const diagnosis::Finding> findings, const Options &options)
    : m_evidence(evidence), m_options(options), m_lanes(evidence, options)
{
    readFindings(findings);
    readLegs();
    m_calleeLane = m_lanes.callee();
    if (evidence.call.invite.valid())
        m_callerLane = m_lanes.of(evidence.call.invite).from;
}

void OutlineBuilder::readLegs()
{
    for (const calls::CallRow &place : m_evidence.call.rows) {
        const calls::CallId leg = m_evidence.trace.row(place.row).call;
        if (leg.valid() && std::find(m_legs.begin(), m_legs.end(), leg) == m_legs.end())
            m_legs.push_back(leg);
    }
    if (m_legs.size() < 2)
        m_legs.clear();
}

/// Rows of several calls in one ladder look alike but for this.
void OutlineBuilder::badgeLeg(Step &step, const trace::Row &row) const
{
    const auto leg = std::find(m_legs.begin(), m_legs.end(), row.call);
    if (leg == m_legs.end())
        return;
    const std::string name = fmt::format("leg {}", leg - m_legs.begin() + 1);
    const bool odd = (leg - m_legs.begin()) % 2 == 0;
    step.badges.insert(step.badges.begin(), {name, odd ? Role::Provisional : Role::EarlyMedia, {}});
}

void OutlineBuilder::readFindings(std::span<const diagnosis::Finding> findings)
{
    std::unordered_map<std::uint32_t, std::uint32_t> original;
    for (const calls::CallRow &row : m_evidence.call.rows)
        if (row.original.valid())
            original.emplace(row.row.value, row.original.value);
    for (const diagnosis::Finding &finding : findings) {
        if (finding.severity == diagnosis::Severity::Info)
            continue;
        std::set<std::uint32_t> rows, streams; // a finding counts once per place
        for (const diagnosis::EvidenceRef &ref : finding.evidence) {
            const auto known = original.find(ref.row.value);
            if (ref.row.valid())
                rows.insert(known == original.end() || !m_options.foldRepeats ? ref.row.value
                                                                              : known->second);
            if (ref.stream.valid())
                streams.insert(ref.stream.value);
        }
        const auto mark = [&](Mark &at) {
            if (at.count++ == 0 || finding.severity > at.severity)
                at.rule = finding.rule;
            at.severity = std::max(at.severity, finding.severity);
        };
        for (const auto row : rows)
            mark(m_rowMarks[row]);
        for (const auto stream : streams)
            mark(m_streamMarks[stream]);
    }
}

std::vector<Step> OutlineBuilder::steps()
{
    m_rows.reserve(m_evidence.call.rows.size());
    for (const calls::CallRow &row : m_evidence.call.rows)
        addRow(row);
    badgeRepeats();
    badgeFiles();
    std::sort(m_foldedTimes.begin(), m_foldedTimes.end());

    std::vector<Step> media;
    if (!m_lanes.list().empty())
        for (const diagnosis::BoundStream &bound : m_evidence.streams)
            if (bound.stream)
                media.push_back(mediaStep(bound));
    const auto earlier = [](const Step &a, const Step &b) { return a.time < b.time; };
    std::stable_sort(media.begin(), media.end(), earlier);
    // The rows' own order stands (causality beats equal or crossing stamps), streams slip in by
    // time.
    std::vector<Step> all;
    all.reserve(m_rows.size() + media.size());
    std::merge(std::make_move_iterator(m_rows.begin()), std::make_move_iterator(m_rows.end()),
               std::make_move_iterator(media.begin()), std::make_move_iterator(media.end()),
               std::back_inserter(all), earlier);
    return all;
}

void OutlineBuilder::fold(const calls::CallRow &place, Target shownBy)
{
    m_folded.emplace_back(rowTarget(place.row), shownBy);
    m_foldedTimes.push_back(m_evidence.trace.row(place.row).time);
}

void OutlineBuilder::addRow(const calls::CallRow &place)
{
    const trace::Row &row = m_evidence.trace.row(place.row);
    if (place.original.valid() && m_options.foldRepeats &&
        m_stepOfRow.contains(place.original.value)) {
        if (!place.copy) // the same datagram at a second capture point came only once
            ++m_repeats[place.original.value];
        noteFile(m_rows[m_stepOfRow[place.original.value]], place.row);
        fold(place, rowTarget(place.original));
        return;
    }
    if (foldKeepAlive(place, row))
        return;
    Step step;
    step.time = row.time;
    step.target = rowTarget(place.row);
    noteFile(step, place.row);
    fill(step, place);
    m_stepOfRow.emplace(place.row.value, m_rows.size());
    m_rows.push_back(std::move(step));
}

void OutlineBuilder::fill(Step &step, const calls::CallRow &place)
{
    const trace::Row &row = m_evidence.trace.row(place.row);
    const auto ends = m_lanes.of(place.row);
    step.from = ends.from;
    step.to = ends.to;
    switch (row.kind) {
    case trace::RowKind::Message:
    case trace::RowKind::Cut:
        fillMessage(step, place, row);
        break;
    case trace::RowKind::Local:
        fillLocal(step, place);
        break;
    default:
        fillOther(step, row);
    }
    if (const auto mark = m_rowMarks.find(place.row.value); mark != m_rowMarks.end())
        badgeFindings(step, mark->second);
    badgeLeg(step, row);
}

void OutlineBuilder::fillMessage(Step &step, const calls::CallRow &place, const trace::Row &row)
{
    step.status = row.status;
    step.role = roleOfStatus(row.status);
    step.glyph = glyphOfStatus(row.status);
    step.highlight = row.status == 183 || row.status == 430;
    if (row.status >= 100 && row.status < 200)
        step.style = LineStyle::Dashed;
    else if (row.status >= 600)
        step.style = LineStyle::Double;
    const auto message = m_evidence.trace.message(place.row);
    if (!message) {
        step.label = base::counted(row.length, "byte that is no SIP", "bytes that are no SIP");
        return;
    }
    Words words = wordsOf(row, *message);
    step.label = std::move(words.label);
    step.news = std::move(words.news);
    if (words.hasSdp) {
        step.badges.push_back({"SDP", Role::Muted, {}});
        m_media.add(step.from, sip::parseSdp(message->sdp()));
    }
    if (words.reliable)
        step.badges.push_back({"100rel", Role::Muted, {}});
    if (row.kind == trace::RowKind::Cut)
        step.badges.push_back({"cut", Role::FindingWarning, {}});
    if (place.original.valid()) {
        step.style = LineStyle::Dotted;
        step.badges.push_back({place.copy ? "copy" : "repeat", Role::Muted, {}});
    }
    if (place.transaction < m_evidence.call.transactions.size()) {
        const calls::Transaction &transaction = m_evidence.call.transactions[place.transaction];
        step.lost = transaction.request == place.row && transaction.localFailure.valid() &&
                    transaction.responses.empty();
    }
}

void OutlineBuilder::fillLocal(Step &step, const calls::CallRow &place) const
{
    step.kind = StepKind::Local;
    step.role = Role::Local;
    step.glyph = localGlyph();
    const base::LocalEvent *event = m_evidence.trace.local(place.row);
    if (event == nullptr) {
        step.label = "local event";
        return;
    }
    step.label = base::localKindText(event->kind);
    // A note tells of a response of the network; what we made up ourselves is of another kind.
    if (event->code != 0 && event->kind != base::LocalKind::Note)
        step.label += fmt::format(" (a local {}, not from the network)", event->code);
    step.news = base::printable(event->sentence, false, 300);
}

void OutlineBuilder::fillOther(Step &step, const trace::Row &row) const
{
    step.role = Role::Muted;
    step.glyph = "▪";
    switch (row.kind) {
    case trace::RowKind::Ping:
    case trace::RowKind::Pong:
        step.kind = StepKind::KeepAlive;
        step.role = Role::KeepAlive;
        step.style = LineStyle::Dotted;
        step.glyph = "·";
        step.label = row.kind == trace::RowKind::Ping ? "keep-alive ping" : "keep-alive pong";
        break;
    case trace::RowKind::Fin:
        step.label = "connection closed (FIN)";
        break;
    case trace::RowKind::Reset:
        step.role = Role::ServerError;
        step.label = "connection reset (RST)";
        break;
    default:
        step.label = base::counted(row.length, "byte that is no SIP", "bytes that are no SIP");
    }
}

bool OutlineBuilder::foldKeepAlive(const calls::CallRow &place, const trace::Row &row)
{
    const bool ping = row.kind == trace::RowKind::Ping;
    if (!ping && row.kind != trace::RowKind::Pong)
        return false;
    if (m_rows.empty() || m_rows.back().kind != StepKind::KeepAlive) { // a new run begins
        m_pings = ping ? 1 : 0;
        m_pongs = ping ? 0 : 1;
        return false;
    }
    if (!m_options.foldKeepAlives)
        return false;
    (ping ? m_pings : m_pongs) += 1;
    Step &run = m_rows.back();
    run.label = fmt::format("keep-alive, {} ping{}, {} pong{}", m_pings, m_pings == 1 ? "" : "s",
                            m_pongs, m_pongs == 1 ? "" : "s");
    fold(place, run.target);
    return true;
}

void OutlineBuilder::badgeFindings(Step &step, const Mark &mark) const
{
    const bool error = mark.severity == diagnosis::Severity::Error;
    const Role role = error ? Role::FindingError : Role::FindingWarning;
    step.badges.push_back(
        {fmt::format("! {} finding{}", mark.count, mark.count == 1 ? "" : "s"), role, {}});
    if (!step.news.empty())
        return;
    if (const diagnosis::Rule *rule = diagnosis::rule(mark.rule)) {
        step.news = base::printable(rule->title, false, 160);
        step.newsRole = role;
    }
}

void OutlineBuilder::badgeRepeats()
{
    for (const auto &[row, count] : m_repeats) {
        Step &step = m_rows[m_stepOfRow[row]];
        step.badges.push_back(
            {fmt::format("x{}", count + 1), Role::FindingWarning, {TargetKind::Repeats, row}});
    }
}

void OutlineBuilder::noteFile(Step &step, trace::RowId row) const
{
    const std::uint32_t file = m_evidence.trace.fileOf(row);
    if (file != 0 && std::find(step.files.begin(), step.files.end(), file) == step.files.end())
        step.files.push_back(file);
}

/// Only where the call's rows are not all of the same files is there something to tell.
void OutlineBuilder::badgeFiles()
{
    const auto other = [this](const Step &step) {
        return !step.files.empty() && step.files != m_rows.front().files;
    };
    if (std::none_of(m_rows.begin(), m_rows.end(),
                     [](const Step &step) { return step.files.size() > 1; }) &&
        std::none_of(m_rows.begin(), m_rows.end(), other))
        return;
    for (Step &step : m_rows) {
        if (step.files.empty())
            continue;
        std::sort(step.files.begin(), step.files.end());
        step.badges.push_back({fmt::format("file{} {}", step.files.size() == 1 ? "" : "s",
                                           fmt::join(step.files, "+")),
                               Role::Muted,
                               {}});
    }
}

/// SDP tells who opened the socket. Media that comes from anywhere else (relays, NAT) runs between
/// caller and callee.
std::uint32_t OutlineBuilder::streamLane(const diagnosis::BoundStream &bound, bool sender) const
{
    const base::Endpoint &endpoint = sender ? bound.stream->source : bound.stream->destination;
    if (const auto fork = m_lanes.branch(bound.earlyDialog); fork && sender == bound.towardsCaller)
        return *fork;
    if (const auto owner = m_media.owner(endpoint))
        return *owner;
    const bool callee = sender == bound.towardsCaller;
    const auto &dialogs = m_evidence.call.earlyDialogs;
    if (callee && bound.earlyDialog < dialogs.size()) {
        const calls::EarlyDialog &dialog = dialogs[bound.earlyDialog];
        if (const auto row = dialog.firstSdp.valid() ? dialog.firstSdp : dialog.answer; row.valid())
            return m_lanes.of(row).from;
    }
    if (const auto lane = m_lanes.find(endpoint))
        return *lane;
    return callee ? m_calleeLane : m_callerLane;
}

Step OutlineBuilder::mediaStep(const diagnosis::BoundStream &bound) const
{
    const rtp::Stream &stream = *bound.stream;
    Step step;
    step.kind = StepKind::Media;
    step.time = stream.first;
    step.from = streamLane(bound, true);
    step.to = streamLane(bound, false);
    step.role = bound.early ? Role::EarlyMedia : Role::Media;
    step.style = LineStyle::Wave;
    step.glyph = "∿";
    step.label = streamLabel(stream, m_media.codec(stream));
    step.news = streamNumbers(stream);
    step.target = {TargetKind::Stream, stream.id.value};
    if (bound.early)
        step.badges.push_back({"early media", Role::EarlyMedia, {}});
    if (bound.certainty != diagnosis::Certainty::Exact)
        step.badges.push_back({bound.sharers != 0 ? "one port of two dialogs"
                               : bound.certainty == diagnosis::Certainty::Likely ? "likely"
                                                                                 : "a guess",
                               Role::Muted,
                               {}});
    if (const auto mark = m_streamMarks.find(stream.id.value); mark != m_streamMarks.end())
        badgeFindings(step, mark->second);
    return step;
}

} // namespace ladder
