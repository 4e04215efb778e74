// SPDX-License-Identifier: Apache-2.0
// What stands outside the table of commands: the window and the version page.
#pragma once

#include <string>

namespace app {

/// A line each for Earshot and the libraries below it.
std::string versions();
/// Opens the window; files on the command line are opened in it.
int runWindow(int argc, char **argv);

} // namespace app
