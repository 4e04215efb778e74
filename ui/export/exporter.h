// SPDX-License-Identifier: Apache-2.0
// Hands a call over: report formats to a file or the clipboard, the ladder as PNG. UI thread; one
// call is small.
#pragma once

#include <base/result.h>
#include <ladder/scene.h>
#include <QImage>
#include <QString>
#include <ui/store.h>
#include <ui/theme/theme.h>

namespace ui {

/// One call written in a report format; credentials are masked (trust T13).
std::string exported(const Store &store, const session::CallView &view, std::string_view format);
/// The whole scene in light colours, whatever the window shows; empty if it is too large for a
/// picture.
QImage picture(const ladder::Scene &scene, const Theme &theme, double scale);
/// Writes beside and renames, so that a file is whole or not there.
base::Result<void> save(const QString &path, const std::string &bytes);
/// A file name for a call that is safe anywhere.
QString fileNameOf(const session::CallView &view, const QString &extension);

} // namespace ui
