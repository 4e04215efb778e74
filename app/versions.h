// SPDX-License-Identifier: Apache-2.0
// What needs Qt: the window, its figures and the version page.
#pragma once

#include <cstddef>
#include <session/session.h>
#include <string>

namespace app {

/// A line each for Earshot and the libraries below it.
std::string versions();
/// Opens the window; files on the command line are opened in it.
int runWindow(int argc, char **argv);
/// Prints how long the window takes to be mapped and idle, as JSON.
int measureStart();
/// Prints how long a packet takes from the session's inbox to its painted row, as JSON.
int measureLive(int packets);
/// Prints how long frames of the ladder and the call list take, as JSON. The session must be
/// settled.
int measurePaint(session::Session &session, std::size_t rows, int width, int height);

} // namespace app
