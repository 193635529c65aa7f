/*
 * multicast.h - what multicast_sender and multicast_receiver agree on. See
 * ip(7) and udp(7).
 */

/*
 * The group: an IPv4 address that belongs to no machine. Who joins the group
 * gets what is sent to it. Multicast addresses are 224.0.0.0 to
 * 239.255.255.255; those that begin with 239.255 anybody may use at home
 * (RFC 2365). With -g both programs take another one.
 */
#define GROUP "239.255.12.34"

/* The UDP port, 1 to 65535; UDP's are other ports than TCP's. */
#define GROUP_PORT "12346"

/*
 * The interface on which the group is joined and sent to: loopback, so that
 * no datagram leaves this machine. Anybody on this machine may join or send.
 */
#define INTERFACE "127.0.0.1"

/*
 * One datagram is one message: text without a NUL at its end, of 0 to
 * TEXT_SIZE bytes, which is the datagram's length. So long a one travels in
 * one piece on any usual network. It comes whole or not at all, and nobody
 * tells the sender which.
 */
#define TEXT_SIZE 1024
