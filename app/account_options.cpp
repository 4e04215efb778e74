// SPDX-License-Identifier: Apache-2.0
#include <app/account_options.h>

#include <app/transport_option.h>
#include <desk/device.h>
#include <fmt/format.h>

namespace app {

base::Result<engine::Account> readAccount(const Arguments &arguments)
{
    engine::Account account;
    account.aor = arguments.value("--aor");
    account.proxies = arguments.values("--proxy");
    if (account.aor.empty() || account.proxies.empty())
        return base::fail(base::ErrorCode::BadInput,
                          "A registration needs --aor and at least one --proxy.");
    const auto transport = transportNamed(arguments.value("--transport", "tcp"));
    if (!transport)
        return tl::unexpected<base::Error>(transport.error());
    account.transport = *transport;
    if (const auto ok = checkTransport(arguments, account.proxies); !ok)
        return tl::unexpected<base::Error>(ok.error());
    const auto expires = arguments.seconds("--expires", account.expires);
    if (!expires)
        return tl::unexpected<base::Error>(expires.error());
    account.expires = *expires;
    const auto who = credentials(arguments);
    if (!who)
        return tl::unexpected<base::Error>(who.error());
    account.credentials = *who;
    account.keepAlive = arguments.has("--keep-alive");
    account.gruu = arguments.has("--gruu");
    account.plainAfter439 = arguments.has("--plain-after-439");
    account.instance = arguments.value("--instance");
    if (account.proxies.size() > engine::kMostFlows)
        return base::fail(base::ErrorCode::BadInput,
                          fmt::format("An account takes at most {} proxies, not {}.",
                                      engine::kMostFlows, account.proxies.size()));
    if (!account.instance.empty() && !engine::isInstance(account.instance))
        return base::fail(base::ErrorCode::BadInput, engine::notAnInstance(account.instance));
    if (!account.instance.empty())
        return account;
    if (auto kept = desk::deviceInstance())
        account.instance = *kept;
    else
        fmt::print(stderr, "earshot: {}\n", kept.error().sentence);
    return account;
}

} // namespace app
