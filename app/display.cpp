// SPDX-License-Identifier: Apache-2.0
#include <app/display.h>

#include <base/text.h>
#include <cstdlib>
#include <dlfcn.h>
#include <fmt/format.h>
#include <string>

namespace app {
namespace {

std::string valueOf(const char *name)
{
    const char *value = std::getenv(name);
    return value != nullptr ? value : "";
}

/// True also where nobody can tell: Qt brings the library along with its own use of it.
bool answers(const std::string &display)
{
    void *xcb = ::dlopen("libxcb.so.1", RTLD_NOW | RTLD_LOCAL);
    if (xcb == nullptr)
        return true;
    using Connect = void *(*)(const char *, int *);
    using HasError = int (*)(void *);
    using Disconnect = void (*)(void *);
    const auto connect = reinterpret_cast<Connect>(::dlsym(xcb, "xcb_connect"));
    const auto hasError = reinterpret_cast<HasError>(::dlsym(xcb, "xcb_connection_has_error"));
    const auto disconnect = reinterpret_cast<Disconnect>(::dlsym(xcb, "xcb_disconnect"));
    bool good = true;
    if (connect != nullptr && hasError != nullptr && disconnect != nullptr) {
        void *connection = connect(display.c_str(), nullptr); // never null
        good = hasError(connection) == 0;
        disconnect(connection);
    }
    ::dlclose(xcb);
    return good;
}

} // namespace

base::Result<void> displayThere()
{
    const std::string x = valueOf("DISPLAY");
    const bool chosen = !valueOf("QT_QPA_PLATFORM").empty(); // such as offscreen
    if (chosen || !valueOf("WAYLAND_DISPLAY").empty())
        return {};
    if (x.empty())
        return base::fail(base::ErrorCode::Io,
                          "There is no display for the window. Set DISPLAY, or use a command that "
                          "needs none: earshot --help lists them.");
    if (!answers(x))
        return base::fail(base::ErrorCode::Io,
                          fmt::format("The display {} cannot be opened: is it there, and may this "
                                      "user use it? Commands that need none: earshot --help.",
                                      base::printable(x)));
    return {};
}

} // namespace app
