// SPDX-License-Identifier: Apache-2.0
// A wire with a CallBook behind it, and short words for the usual messages of a call over two hops.
#pragma once

#include <calls/call_book.h>
#include <support/wire.h>

namespace calls_test {

constexpr const char *kAlice = "192.0.2.1:5060";
constexpr const char *kProxy = "192.0.2.2:5060";
constexpr const char *kBob = "192.0.2.3:5060";
constexpr const char *kCarol = "192.0.2.4:5060";

class Stage
{
public:
    Stage()
        : wire([this](trace::RowId row, const sip::Message * /*message*/) { last = book.add(row); })
    {
    }

    trace::RowId request(std::string_view method, support::Fields fields = {})
    {
        return wire.send(kAlice, kProxy, support::request(method, fields));
    }
    trace::RowId response(int status, std::string_view method = "INVITE",
                          support::Fields fields = {})
    {
        return wire.send(kProxy, kAlice, support::response(status, method, fields));
    }
    /// The same between the proxy and a further element, under the proxy's own Via.
    trace::RowId relayed(std::string_view to, std::string_view method, support::Fields fields)
    {
        return wire.send(kProxy, to, support::request(method, proxied(std::move(fields))));
    }
    trace::RowId answered(std::string_view from, int status, std::string_view method,
                          support::Fields fields)
    {
        return wire.send(from, kProxy,
                         support::response(status, method, proxied(std::move(fields))));
    }
    std::shared_ptr<const calls::Call> call() const { return book.snapshot(last); }

    support::Wire wire;
    calls::CallBook book{wire.trace};
    calls::CallId last;

private:
    static support::Fields proxied(support::Fields fields)
    {
        fields.relays = "Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKone\r\n";
        fields.sentBy = "192.0.2.2:5060";
        return fields;
    }
};

} // namespace calls_test
