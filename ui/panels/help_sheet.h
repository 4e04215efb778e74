// SPDX-License-Identifier: Apache-2.0
// Every command with its keys, made from the command table. UI thread.
#pragma once

#include <QDialog>

namespace ui {

class HelpSheet : public QDialog
{
public:
    explicit HelpSheet(QWidget *parent = nullptr);
};

} // namespace ui
