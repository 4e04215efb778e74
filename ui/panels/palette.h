// SPDX-License-Identifier: Apache-2.0
// One field that finds everything: commands, calls, response codes. UI thread.
#pragma once

#include <functional>
#include <QDialog>
#include <vector>

class QLineEdit;
class QListWidget;

namespace ui {

class Deeds;

class Palette : public QDialog
{
public:
    /// Borrows `deeds`, whose window is its parent.
    explicit Palette(Deeds &deeds);

protected:
    bool eventFilter(QObject *watched, QEvent *event) override;

private:
    struct Entry {
        QString text, hint;
        QString words{}; // it is found by as well
        std::function<void()> run;
    };
    void addCommands();
    void addCodes();
    void addStories();
    void addTopics();
    void addFlows();
    void addCode(int code, std::vector<Entry> &out) const; // one that is in no list
    void fill();
    void addCalls(const QString &wanted, std::vector<Entry> &out) const;
    void choose();

    Deeds &m_deeds;
    QLineEdit *m_field;
    QListWidget *m_list;
    std::vector<Entry> m_fixed; // commands and codes
    std::vector<Entry> m_found;
};

} // namespace ui
