// SPDX-License-Identifier: Apache-2.0
#include <desk/disowned.h>

#include <base/text.h>
#include <fmt/format.h>
#include <sip/status.h>
#include <sip/uri.h>

namespace desk {
namespace {

constexpr int kFlowFailed = 430;

/// Behind its newest registration; nullptr: nothing.
const flows::FlowEvent *newestDisowning(const flows::Flow &flow)
{
    for (auto event = flow.events.rbegin(); event != flow.events.rend(); ++event) {
        if (event->what == flows::Happening::Disowned)
            return &*event;
        if (event->what == flows::Happening::Registered)
            break;
    }
    return nullptr;
}

/// The account whose flow this is now; nullptr: it was replaced, or is of an account that went.
const AccountInfo *accountOf(const flows::Flow &flow, const Accounts430 &accounts)
{
    for (const auto &[handle, info] : accounts) {
        const auto at = info.flows.find(flow.report.regId);
        if (!info.leaving && at != info.flows.end() && at->second.aor == flow.report.aor &&
            at->second.local == flow.userAgent && at->second.remote == flow.edge &&
            base::isRegistered(at->second.state))
            return &info;
    }
    return nullptr;
}

bool sameAddress(const std::string &a, const std::string &b)
{
    const auto one = sip::parseNameAddress(a).uri, other = sip::parseNameAddress(b).uri;
    return one.ok && other.ok && one.user == other.user &&
           base::equalsNoCase(one.host, other.host) && one.port == other.port;
}

} // namespace

std::vector<Doubt> Disowned::ofFlows(const std::vector<std::shared_ptr<const flows::Flow>> &known,
                                     const Accounts430 &accounts, const trace::Trace &trace)
{
    std::vector<Doubt> out;
    std::map<flows::FlowId, trace::RowId> told;
    for (const auto &flow : known) {
        const auto *event = flow && flow->ours ? newestDisowning(*flow) : nullptr;
        if (event == nullptr)
            continue;
        told[flow->id] = event->row;
        const auto before = m_told.find(flow->id);
        const auto *info = accountOf(*flow, accounts);
        if (info == nullptr || (before != m_told.end() && before->second == event->row))
            continue;
        out.push_back({info->handle, flow->report.regId,
                       fmt::format("{} said {} {} for a request that was to go over it: it has "
                                   "this flow no more.",
                                   trace.source(event->row).text(), event->status,
                                   sip::phrase(event->status)),
                       true});
    }
    m_told = std::move(told);
    return out;
}

std::vector<Doubt> doubtsOf(const engine::CallEvent &event, const CallOptions &call,
                            const Accounts430 &accounts)
{
    std::vector<Doubt> out;
    if (event.step != engine::CallStep::Failed || event.local || event.status != kFlowFailed)
        return out;
    for (const auto &[handle, info] : accounts) {
        if (info.leaving || !sameAddress(call.target, info.account.aor))
            continue;
        for (const auto &[regId, flow] : info.flows)
            if (base::isRegistered(flow.state) && (event.account != handle || event.regId != regId))
                out.push_back(
                    {handle, regId,
                     fmt::format("A call to this address got {} {} from {}.", event.status,
                                 sip::phrase(event.status), event.remote.text())});
    }
    return out;
}

} // namespace desk
