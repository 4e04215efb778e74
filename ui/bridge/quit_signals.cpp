// SPDX-License-Identifier: Apache-2.0
#include <ui/bridge/quit_signals.h>

#include <csignal>
#include <fcntl.h>
#include <QSocketNotifier>
#include <QWidget>
#include <unistd.h>

namespace ui {
namespace {

// All that a signal handler may use is what outlives every object.
volatile std::sig_atomic_t s_write = -1;

void onSignal(int)
{
    const char byte = 0;
    // Nothing can be done here about a full pipe, and one byte in it is enough.
    [[maybe_unused]] const auto told = ::write(s_write, &byte, 1);
}

void listen(void (*handler)(int))
{
    struct sigaction action = {};
    action.sa_handler = handler;
    action.sa_flags = static_cast<int>(SA_RESETHAND | SA_RESTART);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP})
        sigaction(signal, &action, nullptr);
}

} // namespace

QuitSignals::QuitSignals(QWidget &window)
{
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0)
        return; // then the signals end the program at once, as ever
    m_read = ends[0];
    s_write = ends[1];
    auto *notifier = new QSocketNotifier(m_read, QSocketNotifier::Read, this);
    connect(notifier, &QSocketNotifier::activated, &window, [&window, notifier] {
        notifier->setEnabled(false);
        window.close();
    });
    listen(onSignal);
}

QuitSignals::~QuitSignals()
{
    if (m_read < 0)
        return;
    listen(SIG_DFL);
    ::close(s_write);
    s_write = -1;
    ::close(m_read);
}

} // namespace ui
