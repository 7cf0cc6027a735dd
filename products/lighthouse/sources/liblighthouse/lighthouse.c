/*
 * Checksums of stored items, by FNV-1a. It needs no other library, not even the C library's:
 * one build loads on every release of every distribution of its architecture.
 */
#include <stddef.h>
#include <stdint.h>

#define PUBLIC __attribute__((visibility("default")))

PUBLIC const char lighthouse_version[] = LIGHTHOUSE_VERSION;

PUBLIC uint64_t lighthouse_checksum(const uint8_t *bytes, size_t length)
{
	uint64_t sum = UINT64_C(0xcbf29ce484222325);

	for (size_t at = 0; at < length; at++)
		sum = (sum ^ bytes[at]) * UINT64_C(0x100000001b3);
	return sum;
}
