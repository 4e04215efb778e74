// SPDX-License-Identifier: Apache-2.0
#include <desk/batch.h>

#include <algorithm>
#include <base/text.h>
#include <cmath>
#include <fmt/format.h>
#include <limits>
#include <report/facts.h>

namespace desk {
namespace {

constexpr auto kPatience = std::chrono::seconds(70); // CANCEL without a 1xx, then without a final

/// nullopt: that moment is not known.
std::optional<double> secondsFrom(base::Instant start, base::Instant time)
{
    if (!start.known() || !time.known())
        return std::nullopt;
    return std::max(0.0, base::toSeconds(time - start));
}

std::string_view lightText(diagnosis::Light light)
{
    return light == diagnosis::Light::Green ? "green"
           : light == diagnosis::Light::Red ? "red"
                                            : "amber";
}

/// Towards the port that our own offer named: a peer may send to several calls from one socket, and
/// what goes to another of them is no media of this one.
bool isOurs(const diagnosis::Evidence &evidence, const diagnosis::BoundStream &bound)
{
    const auto &medias = evidence.sdp(evidence.call.invite).media;
    return medias.empty() || // a late offer
           std::any_of(medias.begin(), medias.end(), [&](const sip::SdpMedia &media) {
               return media.port == bound.stream->destination.port;
           });
}

/// Of the dialog whose 2xx was taken, else of the last one: forks that lost say little.
std::optional<diagnosis::Verdict> verdictOf(const diagnosis::Evidence &evidence)
{
    const auto &dialogs = evidence.call.earlyDialogs;
    std::optional<diagnosis::Verdict> out;
    for (std::size_t i = 0; i < dialogs.size(); ++i) {
        const auto index = static_cast<std::uint32_t>(i);
        auto verdict = report::verdictOf(evidence, index);
        if (!verdict)
            continue;
        out = std::move(verdict);
        if (index == evidence.call.winner)
            break;
    }
    return out;
}

} // namespace

base::Result<void> checkBatch(const BatchPlan &plan)
{
    const auto bad = [](std::string sentence) {
        return base::fail(base::ErrorCode::BadInput, std::move(sentence));
    };
    if (plan.count < 1 || plan.count > kMostBatchCalls)
        return bad(
            fmt::format("1 to {} calls can be placed, not {}.", kMostBatchCalls, plan.count));
    if (!(plan.perSecond >= kLeastBatchRate) || plan.perSecond > kMostBatchRate)
        return bad(fmt::format("{} to {:.0f} calls a second can be placed, not {:g}.",
                               kLeastBatchRate, kMostBatchRate, plan.perSecond));
    if (plan.call.hangUpAfter.count() <= 0 || plan.call.cancelAfter.count() <= 0)
        return bad("Each call needs a time after which it is hung up, and one after which it is "
                   "cancelled.");
    return {};
}

bool isAnswered(const BatchResult &result)
{
    return result.code >= 200 && result.code < 300;
}

std::string codeText(const BatchResult &result)
{
    if (result.code == 0)
        return result.over ? (result.sentence.empty() ? "nothing came" : result.sentence)
                           : "calling";
    if (result.local && !result.sentence.empty())
        return fmt::format("{} (a local {})", result.sentence, result.code);
    return fmt::format("{} {}{}", result.code, result.phrase, result.local ? " (local)" : "");
}

bool Batch::due(base::Instant now)
{
    if (m_stopped || m_error || m_results.size() >= static_cast<std::size_t>(m_plan.count))
        return false;
    if (m_plan.limit.count() > 0 && now - m_start > m_plan.limit)
        return false;
    const double after = 1e9 * static_cast<double>(m_results.size()) / m_plan.perSecond;
    if (now < m_start + base::Duration(static_cast<std::int64_t>(after)))
        return false;
    if (m_underWay >= kMostBatchAtOnce) {
        m_heldBack = true;
        return false;
    }
    return true;
}

void Batch::placed(engine::CallHandle handle, base::Instant now)
{
    BatchResult result;
    result.number = static_cast<int>(m_results.size()) + 1;
    result.handle = handle;
    m_results.push_back(std::move(result));
    ++m_underWay;
    if (!m_firstPlaced.known())
        m_firstPlaced = now;
    m_lastPlaced = now;
}

void Batch::refused(const base::Error &error)
{
    m_error = error;
}

void Batch::add(const CallInfo &info)
{
    const auto at = std::find_if(m_results.begin(), m_results.end(), [&](const BatchResult &each) {
        return each.handle == info.handle;
    });
    if (at == m_results.end() || !info.handle.valid())
        return;
    at->callId = info.callId;
    at->code = info.status;
    at->phrase = base::printable(info.phrase, false, 160);
    at->sentence = info.sentence;
    at->local = info.local;
    if (info.media && info.media->quality && info.media->quality->mos)
        at->mos = std::round(*info.media->quality->mos * 100) / 100; // as `earshot call` has it
    if (isOver(info) && !at->over) {
        at->over = true;
        --m_underWay;
    }
}

void Batch::measure(const diagnosis::Evidence &evidence)
{
    const auto &call = evidence.call;
    const auto at = std::find_if(m_results.begin(), m_results.end(), [&](const BatchResult &each) {
        return !each.callId.empty() && each.callId == call.callId;
    });
    if (at == m_results.end() || !call.invite.valid())
        return;
    const auto start = evidence.time(call.invite); // looking a name up is no delay of the callee's
    at->pdd = call.firstProvisional.valid()
                  ? secondsFrom(start, evidence.time(call.firstProvisional))
                  : std::nullopt;
    at->answer = secondsFrom(start, call.answered);
    at->cutThrough.reset();
    for (const auto &bound : evidence.streams) {
        const auto first =
            bound.stream && bound.early && bound.towardsCaller && isOurs(evidence, bound)
                ? secondsFrom(start, bound.stream->first)
                : std::nullopt;
        if (first && *first < at->cutThrough.value_or(std::numeric_limits<double>::max()))
            at->cutThrough = first;
    }
    const auto verdict = verdictOf(evidence);
    at->earlyMedia = verdict ? lightText(verdict->light) : std::string_view();
    at->earlyVerdict = verdict ? verdict->sentence : std::string();
}

std::vector<engine::CallHandle> Batch::underWay() const
{
    std::vector<engine::CallHandle> out;
    for (const BatchResult &each : m_results)
        if (!each.over)
            out.push_back(each.handle);
    return out;
}

bool Batch::over(base::Instant now) const
{
    const bool late = m_plan.limit.count() > 0 && now - m_start > m_plan.limit;
    const bool all =
        m_stopped || m_error || late || m_results.size() >= static_cast<std::size_t>(m_plan.count);
    if (!all)
        return false;
    const auto patience = m_plan.call.cancelAfter + m_plan.call.hangUpAfter + kPatience;
    return m_underWay == 0 || late || !m_lastPlaced.known() || now - m_lastPlaced > patience;
}

std::optional<double> Batch::rate() const
{
    const double seconds = m_results.size() > 1 ? base::toSeconds(m_lastPlaced - m_firstPlaced) : 0;
    return seconds > 0 ? std::optional(static_cast<double>(m_results.size() - 1) / seconds)
                       : std::nullopt;
}

} // namespace desk
