/* SPDX-License-Identifier: GPL-2.0 */
#ifndef LIGHTHOUSE_H
#define LIGHTHOUSE_H

#include <linux/atomic.h>
#include <linux/list.h>

/**
 * struct lighthouse_beacon - what a module shows in /proc/lighthouse
 * @label: its name there
 * @interval_s: the time between two flashes
 * @flashes: how often it flashed since it was registered
 * @link: for lighthouse_core alone
 */
struct lighthouse_beacon {
	const char *label;
	unsigned int interval_s;
	atomic_t flashes;
	struct list_head link;
};

int lighthouse_register(struct lighthouse_beacon *beacon);
void lighthouse_unregister(struct lighthouse_beacon *beacon);

#endif
