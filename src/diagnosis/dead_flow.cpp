// SPDX-License-Identifier: Apache-2.0
#include <diagnosis/dead_flow.h>

#include <base/text.h>
#include <diagnosis/flow_bindings.h>
#include <sip/uri.h>

namespace diagnosis {
namespace {

bool belongsTo(const flows::Flow &flow, std::string_view target)
{
    return !target.empty() &&
           base::equalsNoCase(sip::parseNameAddress(flow.report.aor).uri.address(), target);
}

/// The request was addressed to the very host that it went to, and that is not what the caller
/// dialled: a device answers for itself.
bool toDevice(const Evidence &evidence, const calls::Transaction &transaction,
              std::string_view dialled)
{
    const auto uri = sip::parseUri(evidence.message(transaction.request).requestUri);
    return uri.host == evidence.trace.destination(transaction.request).address.text() &&
           !base::equalsNoCase(uri.address(), dialled);
}

} // namespace

Dead deadFlow(const Evidence &evidence, const calls::Transaction &transaction)
{
    if (const auto *const flow = routedFlow(evidence, transaction))
        return {flow,
                deathOf(*flow, transaction.finished.known() ? transaction.finished : evidence.now)};
    if (transaction.inDialog || transaction.finalStatus == 403) // that may be policy as well
        return {};
    const auto &to = evidence.message(transaction.request).value(sip::HeaderId::To);
    const auto target = sip::parseNameAddress(to).uri.address();
    if (handedOn(evidence, transaction) || toDevice(evidence, transaction, target))
        return {}; // who stands behind it gave the answer
    Dead last;
    for (const auto &flow : evidence.flows) {
        if (!flow || !belongsTo(*flow, target) || !boundAt(*flow, transaction.started))
            continue;
        const auto *const death = deathOf(*flow, transaction.started);
        if (death == nullptr)
            return {}; // one that lived
        if (last.event == nullptr || death->time > last.event->time)
            last = {flow.get(), death};
    }
    return last;
}

} // namespace diagnosis
