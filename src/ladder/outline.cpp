// SPDX-License-Identifier: Apache-2.0
#include <ladder/outline.h>

#include <ladder/outline_builder.h>

#include <algorithm>
#include <base/text.h>
#include <base/told_time.h>
#include <diagnosis/response_class.h>
#include <fmt/format.h>
#include <ladder/words.h>
#include <sip/status.h>
#include <tuple>

namespace ladder {

namespace {

bool before(Target a, Target b)
{
    return std::tie(a.kind, a.id) < std::tie(b.kind, b.id);
}

std::string titleOf(const calls::Call &call)
{
    std::string out;
    if (call.kind == calls::Kind::Registration)
        out = fmt::format("REGISTER {}", call.to.empty() ? call.from : call.to);
    else if (call.from.empty() && call.to.empty() && !call.finalResponse.valid() &&
             call.transactions.empty())
        out = "A request that did not leave this computer";
    else
        out = fmt::format("{} → {}", call.from.empty() ? "?" : call.from,
                          call.to.empty() ? "?" : call.to);
    if (call.finalStatus != 0 && !call.finalResponse.valid())
        out += fmt::format(", no answer (local {})", call.finalStatus);
    else if (call.finalStatus != 0)
        out += fmt::format(", {} {}", call.finalStatus, sip::phrase(call.finalStatus));
    else
        out += fmt::format(", {}",
                           call.kind != calls::Kind::Call && call.state == calls::State::Calling
                               ? "not answered yet" // it calls nobody
                               : calls::stateText(call.state));
    return base::printable(out, false, 400);
}

std::string clockText(base::Instant time)
{
    const std::string full = base::utc(time);
    const auto space = full.find(' ');
    return space == std::string::npos ? full : full.substr(space + 1);
}

std::string signedSeconds(base::Duration delta)
{
    if (delta > -std::chrono::milliseconds(1)) // "-0.000" looks like a fault
        return "+" + base::seconds(std::max(delta, base::Duration{0}));
    return base::seconds(delta);
}

std::string spokenOf(const Step &step, base::Duration delta, const Outline &out)
{
    std::string text =
        fmt::format("{} of {}, {}, {}", step.number, out.counted,
                    base::hasClock(step.time) ? spokenTime(delta) : "time unknown", step.label);
    const auto &from = out.lanes[step.from].name;
    const auto &to = out.lanes[step.to].name;
    if (step.kind == StepKind::Message)
        text += fmt::format(", {}",
                            step.status == 0 ? "request" : diagnosis::responseClass(step.status));
    if (step.kind == StepKind::Local)
        text += fmt::format(", in {}", from);
    else if (step.from == step.to)
        text += fmt::format(", within {}", from);
    else
        text += fmt::format(", from {} to {}", from, to);
    if (!step.news.empty())
        text += ", " + step.news;
    if (step.lost)
        text += ", never answered";
    for (const Badge &badge : step.badges) {
        if (badge.text == "SDP" && step.news.rfind("SDP", 0) == 0)
            continue; // said already
        text += ", " + (badge.text.rfind("! ", 0) == 0 ? badge.text.substr(2) : badge.text);
    }
    return text;
}

/// Time column, gap breaks and spoken text need the neighbours, so they come last.
class Finisher
{
public:
    Finisher(const diagnosis::Evidence &evidence, const Options &options)
        : m_evidence(evidence), m_options(options)
    {
    }

    /// `folded`: when the rows came that no step of their own shows, sorted.
    void run(Outline &out, std::vector<Step> steps, const std::vector<base::Instant> &folded)
    {
        out.counted = static_cast<std::uint32_t>(steps.size());
        std::uint32_t number = 0;
        const base::Instant start = steps.empty() ? base::Instant{} : steps.front().time;
        base::Instant previous = start;
        for (Step &step : steps) {
            const auto delta = step.time - previous;
            if (delta >= m_options.gap && number > 0)
                out.steps.push_back(gap(previous, step.time, folded));
            step.number = ++number;
            step.when = when(step.time, start, delta, number == 1);
            step.spoken = spokenOf(step, delta, out);
            out.places.push_back({step.target, static_cast<std::uint32_t>(out.steps.size())});
            out.steps.push_back(std::move(step));
            previous = out.steps.back().time;
        }
    }

private:
    std::string when(base::Instant time, base::Instant start, base::Duration delta,
                     bool first) const
    {
        if (!base::hasClock(time)) // a text trace that tells an order only
            return "?";
        switch (m_options.time) {
        case TimeMode::SinceStart:
            return base::seconds(std::max(time - start, base::Duration{0}));
        case TimeMode::Absolute:
            return clockText(time);
        default:
            return first ? base::seconds(base::Duration{0}) : signedSeconds(delta);
        }
    }

    Step gap(base::Instant from, base::Instant to, const std::vector<base::Instant> &folded)
    {
        const auto first = std::upper_bound(folded.begin(), folded.end(), from);
        const auto repeats = std::lower_bound(first, folded.end(), to) - first;
        Step step;
        step.kind = StepKind::Gap;
        step.time = from;
        step.role = Role::Gap;
        step.style = LineStyle::Dotted;
        step.label = base::seconds(to - from, 1);
        if (repeats > 0)
            step.label +=
                fmt::format(" s with nothing but {} repeat{}", repeats, repeats == 1 ? "" : "s");
        else
            step.label += " s without signalling";
        if (mediaFlows(from, to))
            step.label += ", media flows";
        step.spoken = step.label;
        step.target = {TargetKind::Gap, m_gaps++};
        return step;
    }

    bool mediaFlows(base::Instant from, base::Instant to) const
    {
        constexpr std::size_t kLooks =
            32; // a call with more streams than that flows somewhere anyway
        const auto looks = std::min(m_evidence.streams.size(), kLooks);
        return std::any_of(m_evidence.streams.begin(),
                           m_evidence.streams.begin() + static_cast<std::ptrdiff_t>(looks),
                           [&](const diagnosis::BoundStream &bound) {
                               return bound.stream && bound.stream->first < to &&
                                      bound.stream->last > from;
                           });
    }

    const diagnosis::Evidence &m_evidence;
    const Options &m_options;
    std::uint32_t m_gaps = 0;
};

} // namespace

const Step *Outline::stepOf(Target target) const
{
    const auto found = std::lower_bound(
        places.begin(), places.end(), target,
        [](const Scene::Place &place, Target t) { return before(place.target, t); });
    return found == places.end() || found->target != target ? nullptr : &steps[found->row];
}

Outline outline(const diagnosis::Evidence &evidence, std::span<const diagnosis::Finding> findings,
                const Options &options)
{
    OutlineBuilder builder(evidence, findings, options);
    std::vector<Step> steps = builder.steps();
    Outline out;
    out.title = titleOf(evidence.call);
    out.lanes = builder.lanes();
    Finisher(evidence, options).run(out, std::move(steps), builder.foldedTimes());

    std::sort(out.places.begin(), out.places.end(),
              [](const auto &a, const auto &b) { return before(a.target, b.target); });
    // A folded row is shown by the step of the row it repeats.
    std::vector<Scene::Place> folded;
    for (const auto &[target, shownBy] : builder.folded())
        if (const Step *step = out.stepOf(shownBy))
            folded.push_back({target, static_cast<std::uint32_t>(step - out.steps.data())});
    out.places.insert(out.places.end(), folded.begin(), folded.end());
    std::sort(out.places.begin(), out.places.end(),
              [](const auto &a, const auto &b) { return before(a.target, b.target); });
    return out;
}

} // namespace ladder
