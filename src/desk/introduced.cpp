// SPDX-License-Identifier: Apache-2.0
#include <desk/introduced.h>

#include <sip/uri.h>

namespace desk {

std::shared_ptr<const calls::Call> introduced(std::shared_ptr<const calls::Call> call,
                                              const CallInfo &info)
{
    if (!call || !call->from.empty() || !call->to.empty() || call->callId != info.callId ||
        info.callId.empty())
        return call;
    const auto address = [](const std::string &uri) {
        const auto read = sip::parseNameAddress(uri);
        return read.ok ? read.uri.address() : uri;
    };
    auto out = std::make_shared<calls::Call>(*call);
    out->from = address(info.from.empty() ? info.options.from : info.from);
    out->to = address(info.options.target);
    out->requestUri = info.options.target;
    return out;
}

} // namespace desk
