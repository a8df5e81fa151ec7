#include "castor/app/command_line.h"

int main(int argc, char** argv) { return castor::app::main_of(argc, argv); }
