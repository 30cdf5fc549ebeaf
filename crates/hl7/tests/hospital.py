"""Hospital systems nobody here wrote, over MLLP: `hl7` (ISO-2022-JP) and `hl7apy` (UTF-8).

hospital.py hl7        serves with hl7, says its port, then what came
hospital.py hl7apy     serves with hl7apy, says its port, then what came
hospital.py send PORT  sends a visit with hl7 and says how it was answered
hospital.py merge PORT KEPT GONE  says with hl7 that two charts are one, twice, and how it was answered
hospital.py book PORT CHART AT    says with hl7apy what is booked
"""

import asyncio
import sys

import hl7
import hl7.mllp

CODEC = "iso2022_jp"
VISIT = ("MSH|^~\\&|HIS|BYOUIN|YAKUBA|MIHON|20261126093000||ADT^A04|MSG00001|P|2.5||||||~ISO IR87||ISO 2022-1994\r"
         "EVN||20261126093000\r"
         "PID|||0012345^^^^PI||見本^楓^^^^^L^I~ミホン^カエデ^^^^^L^P||19850102|F\rPV1||O\r")


async def serve():
    async def talk(reader, writer):
        try:
            while not writer.is_closing():
                message = await reader.readmessage()
                field = {str(s[0]): s for s in message}.get("PID", [])
                told = [str(field[place]) for place in (5, 11) if place < len(field)]
                print(message["MSH"][0][9], *told, flush=True)
                writer.writemessage(message.create_ack())
                await writer.drain()
        except asyncio.IncompleteReadError:
            writer.close()

    server = await hl7.mllp.start_hl7_server(talk, host="127.0.0.1", port=0, encoding=CODEC)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    server.close()


async def send(port):
    reader, writer = await hl7.mllp.open_hl7_connection("127.0.0.1", port, encoding=CODEC)
    writer.writemessage(hl7.parse(VISIT))
    await writer.drain()
    answer = await reader.readmessage()
    print(answer["MSA"][0][1], answer["MSA"][0][2], flush=True)
    writer.close()


async def merge(port, kept, gone):
    reader, writer = await hl7.mllp.open_hl7_connection("127.0.0.1", port, encoding=CODEC)
    for _ in range(2):
        writer.writemessage(hl7.parse(
            "MSH|^~\\&|HIS|BYOUIN|YAKUBA|MIHON|20261127093000||ADT^A40^ADT_A39|MRG00001|P|2.5||||||~ISO IR87||ISO 2022-1994\r"
            f"EVN|A40|20261127093000\rPID|||{kept}^^^^PI||見本^楓^^^^^L^I~ミホン^カエデ^^^^^L^P\rMRG|{gone}^^^^PI\r"))
        await writer.drain()
        answer = await reader.readmessage()
        print(answer["MSA"][0][1], answer["MSA"][0][2], flush=True)
    writer.close()


def book(port, chart, at):
    import socket

    from hl7apy.parser import parse_message

    message = parse_message(
        "MSH|^~\\&|HIS|BYOUIN|YAKUBA|MIHON|20261127093000||SIU^S12^SIU_S12|BOOK0001|P|2.5||||||UNICODE UTF-8\r"
        f"SCH||B-77||||CHECKUP^検査|||||^^^{at}|||||||||H^担当||||||BOOKED\r"
        f"PID|1||{chart}^^^^PI||見本^楓^^^^^L^I\rRGS|1\rAIL|1||眼科 7番|||{at}\r")
    with socket.create_connection(("127.0.0.1", port), 20) as line:
        line.sendall(message.to_mllp().encode())
        answer = b""
        while not answer.endswith(b"\x1c\r"):
            more = line.recv(4096)
            assert more, "the city hung up"
            answer += more
    read = parse_message(answer.strip(b"\x0b\x1c\r").decode(), find_groups=False)
    print(read.msa.msa_1.to_er7(), read.msa.msa_2.to_er7(), flush=True)


def serve_apy():
    import threading

    from hl7apy.core import Message
    from hl7apy.mllp import AbstractHandler, MLLPServer
    from hl7apy.parser import parse_message

    class Visit(AbstractHandler):
        def reply(self):
            message = parse_message(self.incoming_message, find_groups=False)
            told = [message.pid.pid_5.pid_5_1.to_er7(), message.pid.pid_11.pid_11_8.to_er7()]
            print("valid" if message.validate() else "invalid", *filter(None, told), flush=True)
            answer = Message("ACK", version="2.5")
            answer.msh.msh_9 = "ACK"
            answer.msh.msh_10 = "H1"
            answer.msa.msa_1 = "AA"
            answer.msa.msa_2 = message.msh.msh_10.to_er7()
            return answer.to_mllp()

    server = MLLPServer("127.0.0.1", 0, dict.fromkeys(("ADT^A28^ADT_A05", "ADT^A31^ADT_A05", "ADT^A04^ADT_A01"), (Visit,)))
    print(server.server_address[1], flush=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdin.read()


match sys.argv[1:]:
    case ["hl7"]:
        asyncio.run(serve())
    case ["hl7apy"]:
        serve_apy()
    case ["send", port]:
        asyncio.run(send(int(port)))
    case ["merge", port, kept, gone]:
        asyncio.run(merge(int(port), kept, gone))
    case ["book", port, chart, at]:
        book(int(port), chart, at)
